//! A setting of Patroni as the operator's own types take it, before Patroni sees it.
//!
//! The operator reads `dynamicConfig` into a class with typed fields. Its JSON reader takes text for a number or a boolean where it
//! is one; what it cannot take fails the whole section, and with it every reconciliation of the cluster.

use crate::view::Leaf;

/// What the operator makes of a written value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken<T> {
    /// Nothing is written: `null` and an empty text are nothing, too.
    Absent,
    /// This value.
    Is(T),
    /// No value of the type.
    Unreadable,
}

impl<T> Taken<T> {
    /// The value, where there is one.
    pub fn get(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    fn of(value: Option<T>) -> Self {
        value.map_or(Self::Unreadable, Self::Is)
    }
}

/// What a field of the operator's class takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A whole number of 32 bits.
    Integer,
    /// A truth value.
    Boolean,
    /// An object, or text that is empty.
    Object,
    /// A list.
    List,
    /// Any value that is neither a list nor an object; Patroni reads a duration in it.
    Duration,
}

/// The fields of the operator's class of `dynamicConfig`, and what each takes: StackGres 1.18 and 1.19, observed with the operator's own
/// code in November 2026. What is none of them it drops.
pub const FIELDS: [(&str, Type); 19] = [
    ("ttl", Type::Integer),
    ("loop_wait", Type::Integer),
    ("retry_timeout", Type::Integer),
    ("maximum_lag_on_failover", Type::Integer),
    ("maximum_lag_on_syncnode", Type::Integer),
    ("max_timelines_history", Type::Integer),
    ("primary_start_timeout", Type::Integer),
    ("master_start_timeout", Type::Integer),
    ("primary_stop_timeout", Type::Integer),
    ("synchronous_mode", Type::Boolean),
    ("synchronous_mode_strict", Type::Boolean),
    ("synchronous_node_count", Type::Integer),
    ("failsafe_mode", Type::Boolean),
    ("check_timeline", Type::Boolean),
    ("member_slots_ttl", Type::Duration),
    ("slots", Type::Object),
    ("ignore_slots", Type::List),
    ("postgresql", Type::Object),
    ("standby_cluster", Type::Object),
];

/// What the field of this name takes; none where there is no such field.
pub fn type_of(name: &str) -> Option<Type> {
    FIELDS.iter().find(|(field, _)| *field == name).map(|(_, taken)| *taken)
}

/// A whole number of 32 bits, in quotes or not. A fraction is cut off, as Jackson does.
pub fn integer(leaf: &Leaf<'_>) -> Taken<i32> {
    match leaf {
        Leaf::Absent => Taken::Absent,
        Leaf::Integer(value) => Taken::of(i32::try_from(*value).ok()),
        Leaf::Float(value) => Taken::of(truncated(*value)),
        Leaf::Text(text) => match text.trim() {
            "" | "null" => Taken::Absent,
            digits => Taken::of(digits.parse().ok()),
        },
        Leaf::Bool(_) | Leaf::List(_) | Leaf::Object(_) => Taken::Unreadable,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked just before")]
fn truncated(value: f64) -> Option<i32> {
    let whole = value.trunc();
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole).then_some(whole as i32)
}

/// A truth value, in quotes or not; a whole number counts as Jackson counts it.
pub fn boolean(leaf: &Leaf<'_>) -> Taken<bool> {
    match leaf {
        Leaf::Absent => Taken::Absent,
        Leaf::Bool(value) => Taken::Is(*value),
        // YAML makes an integer of 3.0 on its way to JSON.
        Leaf::Integer(_) | Leaf::Float(_) => Taken::of(leaf.integer().map(|value| value != 0)),
        Leaf::Text(text) => match text.trim() {
            "" | "null" => Taken::Absent,
            "true" | "True" | "TRUE" => Taken::Is(true),
            "false" | "False" | "FALSE" => Taken::Is(false),
            _ => Taken::Unreadable,
        },
        Leaf::List(_) | Leaf::Object(_) => Taken::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(json: &str) -> Leaf<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_number_may_be_quoted_and_must_fit_32_bits() {
        for (json, taken) in [
            ("90", Taken::Is(90)),
            (r#""90""#, Taken::Is(90)),
            (r#"" -1 ""#, Taken::Is(-1)),
            (r#""+7""#, Taken::Is(7)),
            ("1.048576e6", Taken::Is(1_048_576)),
            ("30.5", Taken::Is(30)),
            (r#""""#, Taken::Absent),
            ("null", Taken::Absent),
            ("2147483647", Taken::Is(i32::MAX)),
            ("2147483648", Taken::Unreadable),
            ("-2147483649", Taken::Unreadable),
            ("1e300", Taken::Unreadable),
            (r#""90s""#, Taken::Unreadable),
            (r#""30.5""#, Taken::Unreadable),
            (r#""${TTL}""#, Taken::Unreadable),
            ("true", Taken::Unreadable),
            ("[30]", Taken::Unreadable),
            ("{}", Taken::Unreadable),
        ] {
            assert_eq!(integer(&leaf(json)), taken, "{json} as a number");
        }
    }

    #[test]
    fn a_boolean_is_true_or_false_and_not_what_yaml_or_patroni_take_for_one() {
        for (json, taken) in [
            ("true", Taken::Is(true)),
            (r#""True""#, Taken::Is(true)),
            (r#""false""#, Taken::Is(false)),
            (r#""""#, Taken::Absent),
            ("0", Taken::Is(false)),
            ("3.0", Taken::Is(true)),
            ("0.5", Taken::Unreadable),
            (r#""on""#, Taken::Unreadable),
            (r#""quorum""#, Taken::Unreadable),
            (r#""tRUE""#, Taken::Unreadable),
            (r#""1""#, Taken::Unreadable),
            ("[]", Taken::Unreadable),
        ] {
            assert_eq!(boolean(&leaf(json)), taken, "{json} as a truth value");
        }
    }
}
