//! What the service account may do in front of a real API server: all that the program needs, and nothing more.

use std::collections::BTreeSet;

use crate::{
    api_server::ApiServer,
    applied::{APPLY, expect, in_its_namespace, server},
    child_process::until,
};

/// Watched everywhere, whoever issues the certificate.
const WATCHES: [&str; 4] = [
    "sgclusters.stackgres.io [] [] [get list watch]",
    "sgdbops.stackgres.io [] [] [get]",
    "sgpgconfigs.stackgres.io [] [] [get list watch]",
    "sgshardedclusters.stackgres.io [] [] [get list watch]",
];
/// Who of the pods writes the caBundle; NAME is the release.
const LEASE: [&str; 2] =
    ["leases.coordination.k8s.io [] [] [create]", "leases.coordination.k8s.io [] [NAME] [get update]"];
/// The caBundle, in its own configurations.
const CONFIGURATIONS: [&str; 2] = [
    "mutatingwebhookconfigurations.admissionregistration.k8s.io [] [NAME] [get patch]",
    "validatingwebhookconfigurations.admissionregistration.k8s.io [] [NAME] [get patch]",
];
/// The same two where somebody else writes them.
const LOOKED_AT: [&str; 2] = [
    "mutatingwebhookconfigurations.admissionregistration.k8s.io [] [NAME] [get]",
    "validatingwebhookconfigurations.admissionregistration.k8s.io [] [NAME] [get]",
];
/// The CA of its own.
const CA: [&str; 2] = ["secrets [] [] [create]", "secrets [] [NAME-ca] [get update]"];
/// Events about clusters, in whatever namespace they are.
const EVENTS: [&str; 1] = ["events.events.k8s.io [] [] [create]"];
/// The same, and events about its configurations, which are in no namespace: they are kept in `default`.
const EVENTS_IN_DEFAULT: [&str; 1] = ["events.events.k8s.io [] [] [create patch]"];

/// What the service account of a release with these values may do in its own namespace, in `default` and elsewhere,
/// beyond what everybody may.
#[track_caller]
fn check(file: &str, own: &[&[&str]], in_default: &[&[&str]], elsewhere: &[&[&str]]) {
    let server = server();
    let release = format!("{file}-may-syncguard");
    expect(server, &APPLY, &in_its_namespace(server, &release, file));
    for (namespace, wanted) in [(release.as_str(), own), ("default", in_default), ("kube-system", elsewhere)]
    {
        let wanted: BTreeSet<_> = wanted.concat().iter().map(|line| line.replace("NAME", &release)).collect();
        let is = || granted(server, &release, namespace);
        // The API server learns of new roles by watching them.
        let agrees = until(|| (is() == wanted).then_some(()));
        assert!(
            agrees.is_some(),
            "with {file}, in {namespace}: {wanted:#?} was wanted, {:#?} is granted",
            is()
        );
    }
}

/// What the release's service account may do in a namespace and a stranger may not.
fn granted(server: &ApiServer, release: &str, namespace: &str) -> BTreeSet<String> {
    let of = |account: &str| {
        let account = format!("--as=system:serviceaccount:{release}:{account}");
        let said =
            expect(server, &["auth", "can-i", "--list", "--no-headers", &account, "-n", namespace], "");
        let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        said.stdout.lines().map(line).collect::<BTreeSet<_>>()
    };
    of(release).difference(&of("stranger")).cloned().collect()
}

#[test]
fn with_a_certificate_of_its_own() {
    let own: [&[&str]; 5] = [&WATCHES, &CONFIGURATIONS, &EVENTS, &LEASE, &CA];
    let in_default: [&[&str]; 3] = [&WATCHES, &CONFIGURATIONS, &EVENTS_IN_DEFAULT];
    check("defaults", &own, &in_default, &[&WATCHES, &CONFIGURATIONS, &EVENTS]);
}

#[test]
fn with_an_existing_secret_it_reads_none() {
    let own: [&[&str]; 4] = [&WATCHES, &CONFIGURATIONS, &EVENTS, &LEASE];
    let in_default: [&[&str]; 3] = [&WATCHES, &CONFIGURATIONS, &EVENTS_IN_DEFAULT];
    check("existing-secret", &own, &in_default, &[&WATCHES, &CONFIGURATIONS, &EVENTS]);
}

#[test]
fn with_cert_manager_it_writes_nothing_but_events_about_clusters() {
    let everywhere: [&[&str]; 3] = [&WATCHES, &LOOKED_AT, &EVENTS];
    check("cert-manager", &everywhere, &everywhere, &everywhere);
}

#[test]
fn of_configurations_it_may_read_its_own_alone_and_list_none() {
    let server = server();
    let release = "reads-syncguard";
    expect(server, &APPLY, &in_its_namespace(server, release, "defaults"));
    let account = format!("--as=system:serviceaccount:{release}:{release}");
    let get = |arguments: &[&str]| {
        let whole = [&["get", "validatingwebhookconfigurations", &account], arguments].concat();
        server.kubectl.run(&whole, "")
    };
    let reads_its_own = || (get(&[release]).code == Some(0)).then_some(());
    assert!(until(reads_its_own).is_some(), "it was to read its own by name");
    for (what, arguments) in [("another's", &["another"][..]), ("a list", &[])] {
        let said = get(arguments);
        assert!(said.stderr.contains("forbidden"), "it was not to read {what}: {said:?}");
    }
}
