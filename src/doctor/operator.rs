//! The account that the settings name as the operator's, whose writes are never denied: whether there is one.

use super::{CheckResult, Existence, Seen};
use syncguard_core::{
    policy::OPERATOR_ACCOUNT,
    review::{self, SERVICE_ACCOUNT},
    spelling::nearest,
};

/// The namespace and name of a service account, by its user name; none where no service account can be called so.
pub fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = review::service_account(user)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_name = |text: &str| !text.is_empty() && text.chars().all(allowed);
    (is_name(namespace) && is_name(name)).then_some((namespace, name))
}

/// The user name of a service account.
pub fn user_name(namespace: &str, name: &str) -> String {
    format!("{SERVICE_ACCOUNT}{namespace}:{name}")
}

pub(super) fn check(seen: &Seen) -> CheckResult {
    const CHECK: &str = "operator";
    let operator = match &seen.operator {
        Ok(operator) => operator,
        Err(reason) => {
            let message = format!("which account the settings name as the operator's is not known: {reason}");
            return CheckResult::unknown(
                CHECK,
                message,
                "say which settings the webhook uses, with --settings FILE",
            );
        }
    };
    let user = &operator.user;
    match &operator.existence {
        _ if user.is_empty() => {
            CheckResult::ok(CHECK, "operatorAccount is empty: no account is excused, the operator's neither")
        }
        Existence::Found => CheckResult::ok(CHECK, format!("the operator's account {user} exists")),
        Existence::Missing { others } => {
            let message = format!(
                "there is no service account {user}, which operatorAccount names: the operator's own writes can be \
                 denied, and whoever may create that account would never be denied"
            );
            CheckResult::wrong(CHECK, message, help(user, others))
        }
        Existence::NoServiceAccount => {
            let message = format!(
                "operatorAccount names {user}, which is no service account ({SERVICE_ACCOUNT}NAMESPACE:NAME): whether there \
                 is such a user is not stored in the API server"
            );
            CheckResult::unknown(CHECK, message, "set it to the service account of the operator's pods")
        }
        Existence::Unknown(reason) => CheckResult::unknown(
            CHECK,
            format!("whether there is a service account {user} is not known: {reason}"),
            "it needs the permission to get serviceaccounts",
        ),
    }
}

/// What to set; `others` are the user names of service accounts that exist.
fn help(user: &str, others: &[String]) -> String {
    let meant = alike(user, others);
    let to = if meant.is_empty() {
        "the account that the operator's pods run as (`spec.serviceAccountName`)".to_owned()
    } else {
        format!("{}, which exists", meant.join(" or "))
    };
    format!("set operatorAccount (settings.operatorAccount of the chart) to {to}")
}

/// Those of the same name in other namespaces, or of the name that StackGres' documentation gives it; else the nearest name in
/// the namespace.
fn alike<'o>(user: &str, others: &'o [String]) -> Vec<&'o str> {
    let Some((namespace, name)) = service_account(user) else { return Vec::new() };
    let known = others.iter().filter_map(|other| Some((other.as_str(), service_account(other)?)));
    let usual = service_account(OPERATOR_ACCOUNT).map_or("", |(_, usual)| usual);
    for wanted in [name, usual] {
        let same: Vec<_> =
            known.clone().filter(|(_, (_, of))| *of == wanted).map(|(other, _)| other).collect();
        if !same.is_empty() {
            return same;
        }
    }
    let neighbors = known.filter(|(_, (of, _))| *of == namespace);
    let near = nearest(name, neighbors.clone().map(|(_, (_, name))| name));
    neighbors.filter(|(_, (_, name))| near == Some(name)).map(|(other, _)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_known_by_its_user_name() {
        for (user, account) in [
            (OPERATOR_ACCOUNT, Some(("stackgres", "stackgres-operator"))),
            ("system:serviceaccount:db:a.b", Some(("db", "a.b"))),
            ("system:serviceaccount:db", None),
            ("system:serviceaccount::a", None),
            ("system:serviceaccount:db:", None),
            ("system:serviceaccount:db:a:b", None),
            ("system:serviceaccount:db:../../nodes", None),
            ("system:serviceaccount:db:Operator", None),
            ("stackgres-operator", None),
            ("", None),
        ] {
            assert_eq!(service_account(user), account, "{user}");
        }
        assert_eq!(user_name("stackgres", "stackgres-operator"), OPERATOR_ACCOUNT);
    }

    #[test]
    fn the_account_that_was_meant_is_found_among_others() {
        let of = |accounts: &[&str]| {
            accounts.iter().map(|one| format!("{SERVICE_ACCOUNT}{one}")).collect::<Vec<_>>()
        };
        for (what, user, others, meant) in [
            ("nothing is there", "a:operator", &[][..], &[][..]),
            ("the same name elsewhere", "a:operator", &["a:operators", "b:operator"], &["b:operator"]),
            ("twice elsewhere", "a:operator", &["b:operator", "c:operator"], &["b:operator", "c:operator"]),
            ("the usual name", "a:sg", &["a:default", "b:stackgres-operator"], &["b:stackgres-operator"]),
            ("a misspelled one", "a:sg-opertor", &["a:default", "a:sg-operator"], &["a:sg-operator"]),
            ("a near one of strangers", "a:sg-opertor", &["b:sg-operator"], &[]),
            ("nothing near", "a:operator", &["a:default"], &[]),
        ] {
            assert_eq!(alike(&of(&[user])[0], &of(others)), of(meant), "{what}");
        }
    }
}
