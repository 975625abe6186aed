//! Facts that JSON calls by the names that manifests, manuals and Patroni give them.

use serde::{Serialize, Serializer};

use super::{MemberRole, MemberState};
use crate::{
    postgres::SynchronousCommit,
    replication::{Mode, Role},
    view::Kind,
};

macro_rules! serialized_by_name {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    )*};
}

serialized_by_name!(Kind, Mode, Role, SynchronousCommit, MemberRole, MemberState);
