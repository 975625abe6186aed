//! Manifests with comments at every place, each of which says what it is about.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone)]
pub struct Written {
    pub text: String,
}

/// Clusters in which something is missing or misspelt, in any layout.
pub fn written() -> impl Strategy<Value = Written> {
    let layout = prop::collection::vec(any::<u8>(), 16..80);
    (cluster(), layout).prop_map(|(cluster, layout)| {
        let mut writer = Writer { layout, at: 0, text: String::new() };
        writer.map(&cluster, 0, "");
        Written { text: writer.text }
    })
}

fn one_of(values: &[Value]) -> impl Strategy<Value = Option<Value>> + use<> {
    prop::option::weighted(0.8, prop::sample::select(values.to_vec()))
}

fn object(fields: &[(&str, Option<Value>)]) -> Value {
    let written = fields.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?)));
    Value::Object(written.collect())
}

fn cluster() -> impl Strategy<Value = Value> {
    let modes = [
        "async",
        "sync",
        "sync-all",
        "strict-sync-all",
        "strict_sync_all",
        "Sync",
        "sync_all",
        "strict-sync",
    ];
    let modes = modes.map(Value::from);
    let replication = (
        one_of(&modes),
        one_of(&[json!("ha-read"), json!("ha")]),
        one_of(&[json!(1), json!(2), json!(7)]),
        one_of(&[
            json!([]),
            json!([{"instances": 1}]),
            json!([{"name": "a", "instances": 1, "role": "readonly"}]),
        ]),
    );
    let replication = replication.prop_map(|(mode, role, count, groups)| {
        object(&[("mode", mode), ("role", role), ("syncInstances", count), ("groups", groups)])
    });
    let replication = prop::option::weighted(
        0.8,
        prop_oneof![1 => Just(Value::Null), 1 => Just(json!({})), 6 => replication],
    );
    (
        replication,
        one_of(&[json!(1), json!(2), json!(3), json!(5)]),
        one_of(&[Value::Null, json!({}), json!({"sgPostgresConfig": "c"}), json!({"backups": [{"path": "/x"}]})]),
        one_of(&[json!("production"), json!("testing"), json!("line one\nline two\n")]),
        one_of(&[json!({"version": "16.1"}), json!({"version": "latest", "extensions": [{"name": "x"}, {"name": "y"}]})]),
    )
        .prop_map(|(replication, instances, configurations, profile, postgres)| {
            let spec = object(&[
                ("replication", replication),
                ("instances", instances),
                ("configurations", configurations),
                ("profile", profile),
                ("postgres", postgres),
            ]);
            json!({"apiVersion": "stackgres.io/v1", "kind": "SGCluster", "metadata": {"name": "c"}, "spec": spec})
        })
}

struct Writer {
    layout: Vec<u8>,
    at: usize,
    text: String,
}

impl Writer {
    /// One of so many ways, as the layout has it.
    fn way(&mut self, ways: u8) -> u8 {
        self.at += 1;
        self.layout[(self.at * 7) % self.layout.len()].wrapping_add(u8::try_from(self.at % 251).unwrap())
            % ways
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.text.extend([&" ".repeat(indent), text, "\n"]);
    }

    fn comment_before(&mut self, indent: usize, path: &str) {
        match self.way(6) {
            0 => self.line(indent, &format!("# before {path}")),
            1 => {
                self.line(0, "");
                self.line(indent, &format!("# before {path}"));
                self.line(indent, &format!("# before {path}"));
            }
            _ => {}
        }
    }

    fn comment_behind(&mut self, path: &str) -> String {
        if self.way(3) == 0 { format!(" # behind {path}") } else { String::new() }
    }

    fn comment_inside(&mut self, indent: usize, path: &str) {
        match self.way(5) {
            0 => self.line(indent, &format!("# inside {path}")),
            1 => {
                self.line(0, "");
                self.line(indent + 2, &format!("# inside {path}"));
            }
            _ => {}
        }
    }

    fn map(&mut self, map: &Value, indent: usize, path: &str) {
        for (key, value) in map.as_object().unwrap() {
            let path = format!("{path}/{key}");
            self.comment_before(indent, &path);
            self.value(&format!("{key}:"), value, indent, &path);
        }
    }

    /// A value behind its key or dash.
    fn value(&mut self, lead: &str, value: &Value, indent: usize, path: &str) {
        let behind = self.comment_behind(path);
        let step = 1 + usize::from(self.way(4));
        match value {
            Value::Object(fields) if !fields.is_empty() && self.way(4) > 0 => {
                self.line(indent, &format!("{lead}{behind}"));
                self.map(value, indent + step, path);
                self.comment_inside(indent + step, path);
            }
            Value::Array(items) if !items.is_empty() && self.way(4) > 0 => {
                self.line(indent, &format!("{lead}{behind}"));
                for (number, item) in items.iter().enumerate() {
                    let path = format!("{path}/-{number}");
                    self.comment_before(indent + step, &path);
                    let lead = if number == 0 && self.way(4) == 0 { "- &a" } else { "-" };
                    self.value(lead, item, indent + step, &path);
                }
            }
            Value::Object(fields) if self.way(3) == 0 => self.lines_in_brackets(lead, fields, indent, path),
            Value::Null if self.way(2) == 0 => {
                self.line(indent, &format!("{lead}{behind}"));
                self.comment_inside(indent + step, path);
            }
            Value::String(text) if text.contains('\n') => {
                self.line(indent, &format!("{lead} |{behind}"));
                text.lines().for_each(|line| self.line(indent + step, line));
            }
            Value::String(text) if self.way(2) == 0 => self.line(indent, &format!("{lead} {text}{behind}")),
            _ => self.line(
                indent,
                &format!("{lead} {}{behind}", value.to_string().replace(',', ", ").replace("\":", "\": ")),
            ),
        }
    }

    fn lines_in_brackets(&mut self, lead: &str, fields: &Map<String, Value>, indent: usize, path: &str) {
        let behind = self.comment_behind(path);
        self.line(indent, &format!("{lead} {{{behind}"));
        for (number, (key, value)) in fields.iter().enumerate() {
            let comma = if number + 1 < fields.len() || self.way(2) == 0 { "," } else { "" };
            let path = format!("{path}/{key}");
            let behind = self.comment_behind(&path);
            self.line(indent + 2, &format!("{key}: {value}{comma}{behind}"));
        }
        self.line(indent + 1, "}");
    }
}

/// The first comment that is not where it says itself.
pub fn misplaced(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let names = |line: &str, path: &str| {
        let name = path.rsplit('/').next().unwrap();
        let written = line.trim_start();
        if name.starts_with('-') {
            written.starts_with('-')
        } else {
            written.starts_with(&format!("{name}:"))
        }
    };
    for (number, line) in lines.iter().enumerate() {
        let Some((before, comment)) = line.split_once("# ") else { continue };
        let (place, path) = comment.split_once(' ').unwrap();
        let is_there = match place {
            "behind" => names(before, path),
            "before" => {
                let next = lines[number..].iter().find(|line| is_code(line));
                next.is_some_and(|next| names(next, path) && indent(next) == before.len())
            }
            _ => {
                let mut inner = before.len();
                let above = lines[..number].iter().rev().filter(|line| is_code(line));
                let mut around = above.filter(|line| {
                    let is_around = indent(line) < inner;
                    inner = inner.min(indent(line));
                    is_around
                });
                around.any(|line| names(line, path))
            }
        };
        if !is_there {
            return Some(format!("line {}: {line}", number + 1));
        }
    }
    None
}
