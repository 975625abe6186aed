//! Input that was made to do harm, or went wrong on its way: the program says so in one exit code or status, without
//! a panic, and shows nothing that a terminal would obey.

use std::fmt::Write;

use assert_cmd::Command;
use serde_json::{Map, Value, json};
use syncguard::{
    settings::Settings,
    webhook::{self, Webhook},
};

use crate::wire::is_acceptable;

const HEAD: &str = "apiVersion: stackgres.io/v1\nkind: SGCluster\nmetadata: {name: db}\n";
/// Every way to look at a manifest.
const COMMANDS: [&[&str]; 10] = [
    &["validate"],
    &["validate", "-o", "concise"],
    &["validate", "-o", "json"],
    &["validate", "-o", "jsonl"],
    &["validate", "--diff"],
    &["explain"],
    &["explain", "-o", "json"],
    &["explain", "-o", "mermaid"],
    &["mutate", "-o", "json-patch"],
    &["mutate", "--check"],
];

/// Runs the program on standard input: it ends by itself, with a code of its own, and shows no control characters.
#[track_caller]
fn run(arguments: &[&str], input: impl AsRef<[u8]>, what: &str) -> (i32, String) {
    let mut command = Command::cargo_bin("syncguard").unwrap();
    // Named, or a text that holds no object would be refused as a mistake.
    let path = if arguments.contains(&"/dev/stdin") { None } else { Some("-") };
    let output = command.args(arguments).args(path).write_stdin(input.as_ref()).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} is killed by {what}"));
    assert!([0, 1, 2].contains(&code), "{arguments:?} ends with {code} on {what}: {err}");
    assert!(!err.contains("panicked"), "{arguments:?} panics on {what}: {err}");
    for text in [&out, &err] {
        let obeyed = text.find(|c: char| c.is_control() && c != '\n');
        assert!(obeyed.is_none(), "{arguments:?} shows a raw control character of {what} at {obeyed:?}");
    }
    (code, out)
}

#[track_caller]
fn check(what: &str, input: impl AsRef<[u8]>, code: i32, says: &str) {
    let (found, out) = run(&["validate", "-o", "concise"], input, what);
    assert_eq!(found, code, "the exit code of validate on {what}, which says {out:.400}");
    assert!(out.contains(says), "validate says {says:?} of {what}, and not {out:.400}");
}

fn cluster(spec: &Value) -> Value {
    json!({"apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "db"}, "spec": spec})
}

fn sharded(overrides: usize) -> Value {
    let one = |index| json!({"index": index, "instancesPerCluster": 1, "replication": {"mode": "strict-sync", "syncInstances": 3}});
    let overrides: Vec<_> = (0..overrides).map(one).collect();
    let shards = json!({"clusters": 2_000_000_000, "instancesPerCluster": 2, "overrides": overrides});
    json!({"apiVersion": "stackgres.io/v1beta1", "kind": "SGShardedCluster", "metadata": {"name": "db"},
        "spec": {"coordinator": {"instances": 2}, "workers": shards}})
}

fn review(object: &Value, before: Option<&Value>) -> Value {
    let operation = if before.is_some() { "UPDATE" } else { "CREATE" };
    let kind = json!({"group": "stackgres.io", "version": "v1", "kind": object["kind"]});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request":
        {"uid": "1", "kind": kind, "operation": operation, "object": object, "oldObject": before}})
}

/// Whether the object is allowed, in an answer that an API server takes.
#[track_caller]
fn allowed(review: &Value) -> bool {
    for webhook in [Webhook::Mutate, Webhook::Validate] {
        let reply = webhook::reply(webhook, review.to_string().as_bytes(), &Settings::default());
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let answer: Value = serde_json::from_slice(&reply.body).unwrap();
        is_acceptable(webhook, review, &answer);
        if webhook == Webhook::Validate {
            return answer["response"]["allowed"] == true;
        }
    }
    false
}

#[test]
fn aliases_are_never_multiplied_out() {
    let mut laughs = format!("{HEAD}x0: &x0 [a,a,a,a,a,a,a,a,a,a]\n");
    let mut merges = format!("{HEAD}x0: &x0 {{a: 1}}\n");
    for level in 1..30 {
        let aliases = vec![format!("*x{}", level - 1); 10].join(",");
        writeln!(laughs, "x{level}: &x{level} [{aliases}]").unwrap();
        writeln!(merges, "x{level}: &x{level} {{<<: [{aliases}], k{level}: 1}}").unwrap();
    }
    let long = format!("{HEAD}x: &x {}\ny: [{}]\n", "a".repeat(100_000), vec!["*x"; 20_000].join(","));
    for (what, text) in [("a billion laughs", laughs), ("a merge bomb", merges), ("a long anchor", long)] {
        check(what, text, 1, "repeat too much");
    }
}

#[test]
fn depth_is_bounded() {
    for (what, open, close) in [
        ("nested lists", "[", "]"),
        ("nested mappings", "{a: ", "}"),
        ("nested objects of JSON", "{\"a\":", "}"),
        ("nested blocks", "- ", ""),
    ] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        check(what, format!("{HEAD}x:\n  {nested}\n"), 1, "128 levels deep");
        check(what, nested, 1, "");
    }
    let mut blocks = String::new();
    (1..1_000).for_each(|indent| writeln!(blocks, "{:indent$}a:", "").unwrap());
    check("deeply indented blocks", format!("{HEAD}x:\n{blocks}"), 1, "128 levels deep");
}

#[test]
fn encodings_and_line_ends_are_told_apart() {
    let unsound = format!("{HEAD}spec: {{instances: 1, replication: {{mode: strict-sync-all}}}}\n");
    let utf16: Vec<u8> = unsound.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (mut invalid, mut cut) = (unsound.clone().into_bytes(), unsound.clone().into_bytes());
    invalid.extend(b"# \xff\xfe\n");
    cut.extend(b"# \xe2\x82");
    for (what, bytes, says) in [
        ("UTF-16", utf16, "UTF-16"),
        ("nothing but NUL bytes", vec![0; 1000], "UTF-16"),
        ("a NUL byte", format!("{HEAD}spec: {{instances: 2\0}}\n").into_bytes(), "invalid-yaml"),
        ("a byte that is not UTF-8", invalid, "not valid UTF-8"),
        ("half a character at the end", cut, "not valid UTF-8"),
        ("CRLF", unsound.replace('\n', "\r\n").into_bytes(), "4:19: error[strict-sync-all-without-standby]"),
        (
            "a byte order mark",
            format!("\u{feff}{unsound}").into_bytes(),
            "4:19: error[strict-sync-all-without-standby]",
        ),
    ] {
        check(what, bytes, 1, says);
    }
}

#[test]
fn texts_without_a_cluster_are_no_findings() {
    for (what, text) in [
        ("a lone byte order mark", "\u{feff}".to_owned()),
        ("comments", "# a\n# b\n".to_owned()),
        ("runs of ---", "---\n".repeat(10_000)),
        ("a number", "3\n".to_owned()),
        ("a list", "[1, 2]\n".to_owned()),
        ("a scalar of 5 MB", format!("x: {}\n", "a".repeat(5_000_000))),
    ] {
        check(what, text, 0, "0 clusters");
    }
    let (code, _) = run(&["validate"], "", "an empty standard input");
    assert_eq!(code, 2, "an empty standard input was surely a mistake");
}

#[test]
fn keys_and_numbers_that_json_does_not_have_are_told() {
    for (what, line, says) in [
        ("a list as a key", "[a]: 1", "cannot be a key"),
        ("an infinite number", "x: .inf", "cannot store the number"),
        ("no number", "x: .nan", "cannot store the number"),
    ] {
        check(what, format!("{HEAD}{line}\nspec: {{instances: 2}}\n"), 1, says);
    }
    for arguments in COMMANDS {
        run(arguments, format!("{HEAD}1: a\ntrue: b\nnull: c\nspec: {{instances: 2, 3: 4}}\n"), "odd keys");
    }
}

#[test]
fn huge_numbers_are_only_numbers() {
    for number in [json!(2_000_000_000), json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1e300)] {
        for mode in ["async", "sync", "strict-sync", "sync-all", "strict-sync-all"] {
            let group = json!({"instances": number, "minInstances": number, "role": "readonly"});
            let replication = json!({"mode": mode, "syncInstances": number, "groups": [group]});
            let scaling = json!({"minInstances": number, "maxInstances": number});
            let grouped =
                cluster(&json!({"instances": number, "autoscaling": scaling, "replication": replication}));
            let plain = cluster(&json!({"instances": number, "replication": {"mode": mode}}));
            let mut many = sharded(1);
            many["spec"]["coordinator"]["instances"] = number.clone();
            many["spec"]["workers"]["overrides"][0]["index"] = number.clone();
            many["spec"]["workers"]["instancesPerCluster"] = number.clone();
            for object in [&grouped, &plain, &many] {
                allowed(&review(object, None));
                allowed(&review(object, Some(&plain)));
            }
            let all = format!("{grouped}\n---\n{plain}\n---\n{many}\n");
            if mode == "strict-sync-all" {
                for arguments in COMMANDS {
                    run(arguments, &all, "huge numbers");
                }
            }
        }
    }
}

#[test]
fn many_of_everything_is_judged_to_the_end() {
    let item = cluster(&json!({"instances": 1, "replication": {"mode": "strict-sync-all"}}));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": vec![item; 10_000]});
    let groups = |count: usize, size: Value| {
        cluster(&json!({"instances": 20, "replication": {"groups": vec![json!({"instances": size}); count]}}))
    };
    for (what, object, says) in [
        ("a long list", list, "strict-sync-all-without-standby"),
        ("many overrides", sharded(4_000), "and 3950 more of sync-instances-not-below-instances"),
        (
            "more overrides than are read",
            sharded(5_000),
            "has 5000 elements, those of the lists in it included; it must have at most 4096",
        ),
        ("many groups", groups(4_000, json!(1)), "groups-leave-no-main-instance"),
        ("many groups of a wrong size", groups(4_000, json!("x")), "and 3950 more of invalid-group"),
        (
            "more groups than are read",
            groups(20_000, json!(1)),
            "has 20000 elements, those of the lists in it included; it must have at most 4096",
        ),
    ] {
        check(what, object.to_string(), 1, says);
        check(what, format!("{object:#}"), 1, says);
    }
    for count in [4_000, 20_000] {
        let many = sharded(count);
        assert!(!allowed(&review(&many, None)), "{count} overrides with too few standbys are denied");
        assert!(allowed(&review(&many, Some(&many))), "and let pass where they were so before");
    }
}

/// Every part of an SGShardedCluster looks the same settings up: together they must not be a product.
#[test]
fn many_parts_with_many_settings_take_no_longer_than_their_sum() {
    let mut many = sharded(4_000);
    let settings: Map<String, Value> = (0..100_000).map(|n| (format!("s{n}"), json!("1"))).collect();
    many["spec"]["workers"]["configurations"] = json!({
        "postgres": {"postgresql.conf": settings}, "patroni": {"dynamicConfig": settings},
    });
    assert!(!allowed(&review(&many, None)), "it is judged");
}

#[test]
fn among_more_findings_than_are_kept_an_error_is_not_lost() {
    let off = json!({"postgres": {"postgresql.conf": {"fsync": "off", "full_page_writes": "off"}}});
    for strict in [0, 2_000, 3_999] {
        let mut many = sharded(4_000);
        for (index, one) in
            many["spec"]["workers"]["overrides"].as_array_mut().unwrap().iter_mut().enumerate()
        {
            let mode = if index == strict { "strict-sync" } else { "sync" };
            let replication = json!({"mode": mode, "syncInstances": 1});
            *one = json!({"index": index, "instancesPerCluster": 3, "replication": replication, "configurations": off});
        }
        assert!(!allowed(&review(&many, None)), "override {strict} is strict without fsync");
    }
}

#[test]
fn of_very_many_errors_as_many_are_told_as_somebody_reads() {
    let review = review(&sharded(4_000), None);
    let reply = webhook::reply(Webhook::Validate, review.to_string().as_bytes(), &Settings::default());
    let answer: Value = serde_json::from_slice(&reply.body).unwrap();
    let message = answer["response"]["status"]["message"].as_str().unwrap();
    let last = message.lines().last().unwrap();
    assert!(
        last.starts_with("errors beside these: "),
        "the last line says how many there are, and not {last}"
    );
    assert!(reply.body.len() < 200_000, "an answer of {} bytes", reply.body.len());
}

#[test]
fn many_ignores_hide_no_more_than_few() {
    let mut object = cluster(&json!({"instances": 1, "replication": {"mode": "strict-sync-all"}}));
    object["metadata"]["annotations"] = json!({"syncguard.dev/ignore": "fsync-off: why, ".repeat(100_000)});
    assert!(!allowed(&review(&object, None)), "what is not ignored is denied");
    check("many ignores", object.to_string(), 1, "unused-ignore");
    let comments = "# syncguard: ignore[fsync-off] x\n".repeat(5_000);
    check("many comments", format!("{HEAD}spec:\n{comments}  instances: 2\n"), 0, "unused-ignore");
}

#[test]
fn nothing_of_a_manifest_commands_the_terminal() {
    const ESCAPES: &str = "x\u{1b}[31mred\u{7}\u{7f}\u{9b}31m\u{202e}\r\ny";
    let long = format!("{ESCAPES}{}", "é".repeat(10_000));
    for text in [ESCAPES, &long] {
        let group = json!({"name": text, "role": "ha", "instances": 1, text: 1});
        let shown = cluster(
            &json!({"instances": 3, "profile": "testing", "replication": {"mode": "strict-sync", "groups": [group]}}),
        );
        let settings = json!({"fsync": text, text: 3, "synchronous_standby_names": text});
        let mut wrong = cluster(&json!({
            "instances": text, "profile": text, "postgres": {"version": 16.1, "flavor": text},
            "configurations": {"sgPostgresConfig": text, "postgres": {"postgresql.conf": settings}},
            "replication": {"mode": text, "role": text, text: 1, "groups": [{"name": text, "role": text, "instances": text}]},
        }));
        let mut shown = shown;
        for object in [&mut shown, &mut wrong] {
            object["metadata"] =
                json!({"name": text, "namespace": text, "annotations": {"syncguard.dev/ignore": text}});
            for arguments in COMMANDS.iter().filter(|arguments| !arguments.contains(&"--diff")) {
                run(arguments, object.to_string(), "escape sequences");
            }
            // The wire check looks at warnings; what kubectl prints of a denial is no better place for them.
            let body = review(object, None).to_string();
            let reply = webhook::reply(Webhook::Validate, body.as_bytes(), &Settings::default());
            let answer: Value = serde_json::from_slice(&reply.body).unwrap();
            let message = answer["response"]["status"]["message"].as_str().unwrap_or_default();
            assert!(!message.contains(|c: char| c.is_control() && c != '\n'), "a denial says {message:?}");
        }
    }
    let names = ["--stdin-filename", "a\u{1b}[31m\u{9b}b.yaml"];
    run(&["validate", names[0], names[1]], format!("{HEAD}spec: {{}}\n"), "the name of a file");
    run(&["validate", "no\u{1b}[31msuch.yaml"], "", "the name of a file that is not there");
}

#[test]
fn bodies_that_are_no_reviews_are_refused() {
    for (what, body) in [
        ("NUL bytes", vec![0; 100]),
        ("invalid UTF-8", b"{\"kind\":\"\xff\"}".to_vec()),
        ("a byte order mark", "\u{feff}{}".into()),
        ("deep nesting", "{\"request\":{\"object\":".repeat(50_000).into()),
        ("two values", b"{} {}".to_vec()),
        ("YAML", HEAD.into()),
        ("half a review", review(&sharded(10), None).to_string()[..200].into()),
    ] {
        for webhook in [Webhook::Mutate, Webhook::Validate] {
            assert_eq!(
                webhook::reply(webhook, &body, &Settings::default()).status,
                400,
                "the status for {what}"
            );
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_named_like_a_file_is_judged_however_long() {
    let text = format!(
        "{HEAD}x: {}\nspec: {{instances: 1, replication: {{mode: strict-sync-all}}}}\n",
        "a".repeat(9_000_000)
    );
    let (code, out) = run(&["validate", "-o", "concise", "/dev/stdin"], text, "a long pipe");
    assert_eq!(code, 1, "a pipe has nothing left for a second look, which must not matter: {out}");
    assert!(out.contains("strict-sync-all-without-standby"), "{out}");
}
