//! The lines that are being made, and the rules for what they contain.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::encoding::{Digits, decimal};
use crate::error::Error;
#[cfg(debug_assertions)]
use crate::error::Result;
use crate::json::Writer;
use crate::log::{self, Level};
use crate::sys::{self, AtomicFn};

/// Metrics of a line, and values of a metric.
const METRICS_MAX: usize = 100;

/// Dimensions of a line.
const DIMENSIONS_MAX: usize = 30;

/// Bytes of a line ("Specification: Embedded metric format").
const LINE_LEN_MAX: usize = 256 * 1024;

/// The lines. They are not in [`Metrics`](super::Metrics), so that the panic hook can write them where panics
/// abort.
static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Writes all lines. It is set with the first line, so that other functions do not contain it.
static WRITE_ALL: AtomicFn = AtomicFn::new();

/// Locks the lines. No code of the function runs meanwhile, so no panic can.
#[inline(never)]
pub(super) fn lock() -> MutexGuard<'static, Vec<Line>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes all lines, because the process ends.
pub(crate) fn write_all() {
    WRITE_ALL.call();
}

/// Opens a line and returns its index. Lines that were closed are used again.
#[inline(never)]
pub(super) fn open(namespace: &str) -> usize {
    WRITE_ALL.set(|| lock().iter_mut().for_each(Line::write));
    let is_allowed = NAMESPACE.allows(namespace);
    if !is_allowed {
        refuse(namespace, NAMESPACE.problem);
    }
    let mut lines = lock();
    let closed = lines.iter().position(|line| !line.is_open);
    let index = closed.unwrap_or(lines.len());
    if closed.is_none() {
        lines.push(Line::default());
    }
    if let Some(line) = lines.get_mut(index) {
        line.is_open = true;
        line.namespace = String::from(if is_allowed { namespace } else { "" });
    }
    index
}

/// Writes a line and closes it.
#[inline(never)]
pub(super) fn close(index: usize) {
    if let Some(line) = lock().get_mut(index) {
        line.write();
        *line = Line::default();
    }
}

#[cfg(debug_assertions)]
std::thread_local! {
    /// The first error on this thread that was not returned yet.
    static ERROR: core::cell::RefCell<Option<Error>> = const { core::cell::RefCell::new(None) };
}

/// Returns the first error about metrics on this thread that was not returned yet. It is logged.
#[cfg(debug_assertions)]
#[track_caller]
pub(crate) fn take_error() -> Result<()> {
    let error = ERROR.try_with(|error| error.borrow_mut().take());
    match error.ok().flatten() {
        Some(error) => Err(error.here()),
        None => Ok(()),
    }
}

/// Logs that an item is left out.
#[inline(never)]
pub(super) fn refuse(name: &str, problem: &str) {
    let error = Error::of("Runtime.InvalidMetric", &["\"", name, "\": ", problem]);
    let is_debug = cfg!(debug_assertions);
    log::report(if is_debug { Level::Error } else { Level::Warn }, &error);
    #[cfg(debug_assertions)]
    let _ = ERROR.try_with(|first| first.borrow_mut().get_or_insert(error).set_logged());
}

/// What is allowed in a text.
#[doc(hidden)]
#[derive(Debug)]
pub struct Rule {
    len_max: usize,
    /// The greatest byte. The least one is a space.
    last: u8,
    allows_colon: bool,
    is_namespace: bool,
    pub(super) problem: &'static str,
}

#[doc(hidden)]
pub const NAMESPACE: Rule = Rule {
    len_max: 255,
    last: b'~',
    allows_colon: false,
    is_namespace: true,
    problem: "not a namespace, so no metrics are written",
};
#[doc(hidden)]
pub const NAME: Rule = Rule {
    len_max: 1024,
    last: 0xff,
    allows_colon: true,
    is_namespace: false,
    problem: "not a name, so it is left out",
};
#[doc(hidden)]
pub const DIMENSION_NAME: Rule = Rule {
    len_max: 250,
    last: b'~',
    allows_colon: false,
    is_namespace: false,
    problem: "not a name of a dimension, so it is left out",
};
#[doc(hidden)]
pub const DIMENSION_VALUE: Rule = Rule {
    len_max: 1024,
    last: b'~',
    allows_colon: true,
    is_namespace: false,
    problem: "its value is empty, longer than 1024 characters or not printable ASCII, so it is left out",
};

impl Rule {
    /// Returns whether a text is allowed.
    #[inline(never)]
    pub(super) const fn allows(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        let starts_wrong = match rest {
            [b':', ..] => !self.allows_colon,
            [b'A', b'W', b'S', b'/', ..] => self.is_namespace,
            _ => false,
        };
        let mut is_allowed = rest.len() <= self.len_max && !starts_wrong;
        let mut is_blank = true;
        while let [byte, after @ ..] = rest {
            is_allowed &= *byte >= b' ' && *byte <= self.last && *byte != 0x7f;
            is_blank &= *byte == b' ';
            rest = after;
        }
        is_allowed && !is_blank
    }
}

/// The kind of a member: [`DIMENSION`], [`PROPERTY`], or for a metric the end of its definition in JSON.
pub(super) type Kind = &'static str;

pub(super) const DIMENSION: Kind = "dimension";
pub(super) const PROPERTY: Kind = "property";

fn is_metric(kind: Kind) -> bool {
    kind.ends_with('}')
}

/// A dimension, a property or a metric.
#[derive(Debug)]
struct Member {
    name: String,
    kind: Kind,
    /// The value as JSON. The values of a metric are separated by commas.
    json: Vec<u8>,
    n_values: usize,
}

/// A line that is being made.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Whether it belongs to a [`Metrics`](super::Metrics).
    is_open: bool,
    /// Empty if it is invalid: the line is not written.
    pub(super) namespace: String,
    /// The sets of dimensions as JSON, without the outer brackets; empty for one set of all.
    dimension_sets: Vec<u8>,
    members: Vec<Member>,
}

impl Line {
    /// Returns the value of a dimension as JSON.
    pub(super) fn dimension(&self, name: &str) -> Option<&[u8]> {
        let is_it = |member: &&Member| member.kind == DIMENSION && member.name == name;
        Some(&self.members.iter().find(is_it)?.json)
    }

    pub(super) fn set_dimension_sets(&mut self, sets: &[&[&str]]) {
        let mut json = Vec::new();
        let mut rest = sets;
        while let [set, later_sets @ ..] = rest {
            rest = later_sets;
            // The order of names does not matter. A set that has a name twice is refused below.
            let is_same = |other: &&[&str]| {
                other.len() == set.len() && other.iter().all(|name| set.contains(name))
            };
            if later_sets.iter().any(is_same) {
                refuse(
                    &set.join("\", \""),
                    "a set that is there twice, so one of them is left out",
                );
                continue;
            }
            let start = if json.is_empty() { "[" } else { ",[" };
            push(&mut json, start);
            let mut names = *set;
            while let [name, later @ ..] = names {
                names = later;
                if later.contains(name) {
                    return refuse(name, "in a set twice, so the sets are left out");
                }
                if self.dimension(name).is_none() {
                    return refuse(
                        name,
                        "in a set, but not a dimension, so the sets are left out",
                    );
                }
                push_text(&mut json, name);
            }
            push(&mut json, "]");
        }
        self.dimension_sets = json;
    }

    /// Sets a dimension or property, or adds a value to a metric.
    #[inline(never)]
    pub(super) fn set(&mut self, name: &str, kind: Kind, json: &[u8]) {
        let rule = if kind == DIMENSION {
            &DIMENSION_NAME
        } else {
            &NAME
        };
        if !rule.allows(name) || name == "_aws" {
            return refuse(name, rule.problem);
        }
        let is_like_it =
            |member: &&Member| member.kind == kind || is_metric(member.kind) && is_metric(kind);
        let n_like_it = self.members.iter().filter(is_like_it).count();
        let mut is_full = is_metric(kind) && n_like_it >= METRICS_MAX;
        if let Some(member) = self.members.iter_mut().find(|member| member.name == name) {
            if member.kind != kind {
                return refuse(
                    name,
                    "the name has another kind or unit before, so it is left out",
                );
            }
            is_full = member.n_values >= METRICS_MAX;
            if !is_metric(kind) {
                member.json.clear();
            } else if !is_full {
                member.json.push(b',');
                member.n_values = member.n_values.wrapping_add(1);
            }
            if !is_full {
                return member.json.extend_from_slice(json);
            }
        } else if kind == DIMENSION && n_like_it >= DIMENSIONS_MAX {
            return refuse(name, "a line has at most 30 dimensions, so it is left out");
        }
        if is_full {
            self.write();
        }
        self.members.push(Member {
            name: String::from(name),
            kind,
            json: json.to_vec(),
            n_values: 1,
        });
    }

    /// Writes the line if it has a metric, and removes the metrics.
    #[inline(never)]
    pub(super) fn write(&mut self) {
        let line = self.take_metrics(sys::unix_time_ms());
        if line.len() > LINE_LEN_MAX {
            refuse(
                &self.namespace,
                "a line has more than 262144 bytes, so it is not written",
            );
        } else if !line.is_empty() {
            log::write_unchanged(&line);
        }
    }

    /// Removes the metrics and returns the line with them; nothing if there are none.
    pub(super) fn take_metrics(&mut self, time_ms: u64) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, "{\"_aws\":{\"Timestamp\":");
        out.extend_from_slice(decimal(time_ms, &mut Digits::default()));
        push(&mut out, ",\"CloudWatchMetrics\":[{\"Namespace\":");
        push_text(&mut out, &self.namespace);
        push(&mut out, ",\"Dimensions\":[");
        if self.dimension_sets.is_empty() {
            push(&mut out, "[");
            for member in &self.members {
                if member.kind == DIMENSION {
                    push_text(&mut out, &member.name);
                }
            }
            push(&mut out, "]");
        }
        out.extend_from_slice(&self.dimension_sets);
        push(&mut out, "],\"Metrics\":[");
        let start = out.len();
        for member in &self.members {
            if is_metric(member.kind) {
                let before = if out.len() == start {
                    "{\"Name\":"
                } else {
                    ",{\"Name\":"
                };
                push(&mut out, before);
                push_text(&mut out, &member.name);
                push(&mut out, member.kind);
            }
        }
        let has_metrics = out.len() > start;
        push(&mut out, "]}]}");
        for member in &self.members {
            push_text(&mut out, &member.name);
            let has_several = member.n_values > 1;
            push(&mut out, if has_several { ":[" } else { ":" });
            out.extend_from_slice(&member.json);
            push(&mut out, if has_several { "]" } else { "" });
        }
        push(&mut out, "}\n");
        if !has_metrics || self.namespace.is_empty() {
            out.clear();
        }
        self.members.retain(|member| !is_metric(member.kind));
        out
    }
}

pub(super) fn push(out: &mut Vec<u8>, json: &str) {
    out.extend_from_slice(json.as_bytes());
}

/// Appends a text as a JSON string, after a comma unless it is the first item or a value.
#[inline(never)]
fn push_text(out: &mut Vec<u8>, text: &str) {
    if !matches!(out.last(), Some(b'[' | b':')) {
        out.push(b',');
    }
    let mut w = Writer::new(mem::take(out));
    w.string(text);
    *out = w.into_inner();
}
