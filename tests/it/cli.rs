//! The command line from outside: what is printed, where findings point, and with which code the program ends.

mod changes;
mod embedded;
mod exits;
mod explain;
mod failures;
pub mod folder;
mod formats;
mod ignores;
mod inputs;
mod mutate;
mod positions;
mod rule;
mod saving;
mod selection;
mod terminal;
mod weights;

/// One pod in the strictest mode: the error `strict-sync-all-without-standby` at 6:14.
const ALONE: &str = "\
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: alone
spec:
  instances: 1
  replication:
    mode: strict-sync-all
";

/// Two pods in a strict mode: the warning `strict-with-one-standby` at 6:14.
const PAIR: &str = "\
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: pair
spec:
  instances: 2
  replication:
    mode: strict-sync
    syncInstances: 1
";

/// Three pods, commits on all of them: nothing to say.
const SOUND: &str = "\
apiVersion: stackgres.io/v1
kind: SGCluster
metadata:
  name: sound
spec:
  instances: 3
  replication:
    mode: strict-sync-all
    role: ha-read
    syncInstances: 2
";

/// Something of another kind.
const OTHER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n";
