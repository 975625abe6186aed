//! Who asks: the accounts whose writes are not to be denied, by their names. What stands in an object proves nothing.

use crate::view::{Given, Leaf, admission_review::UserInfo};

/// Before the namespace and the name of a service account, as API servers name its user.
pub const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// The namespace and the name in a user name that is a service account's (`system:serviceaccount:NAMESPACE:NAME`).
pub fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')
}

/// What an account is to a cluster in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account<'a> {
    /// The operator's own.
    Operator,
    /// That of the SGDbOps of this name: the operator runs one as `NAME-dbops`, in the namespace of the cluster. Whether it is
    /// a major version upgrade that is running on the cluster has yet to be seen.
    Upgrade(&'a str),
    /// Any other.
    Other,
}

impl<'a> Account<'a> {
    /// The account that makes a request about an object in a namespace, where the operator has the account of this user name.
    pub fn of(user: &'a Given<'_, UserInfo<'_>>, namespace: &Leaf<'_>, operator: &str) -> Self {
        let user = user.get().and_then(|user| user.username.text());
        Self::named(user.unwrap_or_default(), namespace.text().unwrap_or_default(), operator)
    }

    fn named(user: &'a str, namespace: &str, operator: &str) -> Self {
        if user == operator && !operator.is_empty() {
            return Self::Operator;
        }
        match service_account(user) {
            Some((of, name)) if of == namespace => {
                name.strip_suffix("-dbops").map_or(Self::Other, Self::Upgrade)
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn an_account_is_known_by_its_whole_name() {
        const OPERATOR: &str = "system:serviceaccount:stackgres:stackgres-operator";
        for (user, account) in [
            (OPERATOR, Account::Operator),
            ("system:serviceaccount:db:stackgres-operator", Account::Other),
            ("stackgres-operator", Account::Other),
            ("system:serviceaccount:db:major-dbops", Account::Upgrade("major")),
            ("system:serviceaccount:other:major-dbops", Account::Other),
            ("system:serviceaccount:db:major-dbops-x", Account::Other),
            ("major-dbops", Account::Other),
            ("system:serviceaccount:db:c-patroni", Account::Other),
            ("", Account::Other),
        ] {
            assert_eq!(Account::named(user, "db", OPERATOR), account, "{user} in namespace db");
        }
        assert_eq!(Account::named("", "db", ""), Account::Other, "nobody is no operator");
    }
}
