//! Lines of the log, each of a bounded length. A line for people that is too long loses its end. In
//! a line of JSON that is too long each text loses its end, so that the line stays JSON.

use super::{line_limit::LineLimit, queue::LineQueue};
use crate::server::config::LogFormat;
use serde_json::{Map, Value, json};
use std::{
    io::{self, Write},
    sync::Arc,
};
use tracing::Metadata;
use tracing_subscriber::fmt::{
    MakeWriter,
    format::Writer,
    time::{FormatTime, SystemTime},
};

/// Bytes of a line at most: enough for an error with what it is about, and little enough that a
/// line a second is nothing.
const LINE_MAX: usize = 4_096;
/// Bytes of a text in a line of JSON that is too long.
const TEXT_MAX: usize = 256;
/// Stands where something was cut off.
const MARK: &str = "[…]";
/// Ends the colours of a line that was cut.
const PLAIN: &str = "\u{1b}[0m";
/// What is left of a line of JSON that has too many texts.
const KEPT: [&str; 3] = ["timestamp", "level", "target"];

/// Makes a line of each event.
pub(super) struct Lines {
    format: LogFormat,
    queue: LineQueue,
    limit: Arc<LineLimit>,
}

/// A line that is being written.
pub(super) struct LogLine<'a> {
    lines: &'a Lines,
    /// How many like it were left out before it.
    left_out: u64,
}

impl Lines {
    pub(super) fn new(format: LogFormat, queue: LineQueue, limit: Arc<LineLimit>) -> Self {
        Self {
            format,
            queue,
            limit,
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = LogLine<'a>;

    fn make_writer(&'a self) -> LogLine<'a> {
        LogLine {
            lines: self,
            left_out: 0,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> LogLine<'a> {
        LogLine {
            lines: self,
            left_out: self.limit.take_left_out(metadata),
        }
    }
}

impl Write for LogLine<'_> {
    /// The library writes each event in one go.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_end_matches('\n');
        let mut line = match self.lines.format {
            LogFormat::Pretty => for_people(text, self.left_out),
            LogFormat::Json => in_json(text, self.left_out),
        };
        line.push('\n');
        self.lines.queue.put(line.into_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line that says how many lines were dropped. It looks like any other, and is made here
/// because it goes past the queue that it is about.
pub(super) fn of_dropped(format: LogFormat, dropped: u64) -> Vec<u8> {
    const MESSAGE: &str = "log lines were dropped";
    let mut time = String::new();
    // Writing to a String can't fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    let line = match format {
        LogFormat::Pretty => format!(
            "{time}  WARN {}: {MESSAGE} dropped={dropped}\n",
            module_path!()
        ),
        LogFormat::Json => {
            let fields = json!({"message": MESSAGE, "dropped": dropped});
            format!(
                "{}\n",
                json!({"timestamp": time, "level": "WARN", "fields": fields, "target": module_path!()})
            )
        }
    };
    line.into_bytes()
}

fn for_people(text: &str, left_out: u64) -> String {
    let mut line = cut(text, LINE_MAX);
    if line.len() < text.len() && text.contains('\u{1b}') {
        line.push_str(PLAIN);
    }
    if left_out > 0 {
        format!("{line} left_out={left_out}")
    } else {
        line
    }
}

fn in_json(text: &str, left_out: u64) -> String {
    if text.len() <= LINE_MAX {
        return match text.strip_suffix('}') {
            Some(open) if left_out > 0 => format!("{open},\"left_out\":{left_out}}}"),
            _ => text.to_owned(),
        };
    }
    let Ok(Value::Object(mut line)) = serde_json::from_str(text) else {
        return json!({"cut": text.len()}).to_string();
    };
    line.values_mut().for_each(shorten);
    if Value::Object(line.clone()).to_string().len() > LINE_MAX {
        line.retain(|name, _| KEPT.contains(&name.as_str()));
    }
    line.insert("cut".into(), text.len().into());
    if left_out > 0 {
        line.insert("left_out".into(), left_out.into());
    }
    Value::Object(line).to_string()
}

/// Cuts every text in a value.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => *text = cut(text, TEXT_MAX),
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => Map::values_mut(fields).for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text as far as it fits, with a mark if it does not.
fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        text.to_owned()
    } else {
        format!(
            "{}{MARK}",
            &text[..text.floor_char_boundary(max - MARK.len())]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_is_left_as_it_is() {
        assert_eq!(for_people("INFO: x", 0), "INFO: x");
        assert_eq!(for_people("INFO: x", 7), "INFO: x left_out=7");
        assert_eq!(in_json(r#"{"level":"INFO"}"#, 0), r#"{"level":"INFO"}"#);
        assert_eq!(
            in_json(r#"{"level":"INFO"}"#, 7),
            r#"{"level":"INFO","left_out":7}"#
        );
    }

    #[test]
    fn the_line_of_dropped_lines_looks_like_any_other() {
        let text = |format| String::from_utf8(of_dropped(format, 7)).expect("UTF-8");
        let people = text(LogFormat::Pretty);
        assert!(
            people.starts_with("20") && people.ends_with("log lines were dropped dropped=7\n"),
            "{people}"
        );
        let line: Value = serde_json::from_str(&text(LogFormat::Json)).expect("JSON");
        assert_eq!(
            (&line["level"], &line["fields"]["dropped"]),
            (&"WARN".into(), &7.into())
        );
        assert!(
            line["timestamp"]
                .as_str()
                .is_some_and(|time| time.starts_with("20")),
            "{line}"
        );
    }

    #[test]
    fn a_long_line_is_cut_between_two_characters() {
        for shift in 0..4 {
            let line = for_people(&format!("{}{}", "x".repeat(shift), "字".repeat(3_000)), 0);
            assert!(
                line.len() <= LINE_MAX && line.len() > LINE_MAX - 8 && line.ends_with(MARK),
                "{}",
                line.len()
            );
        }
        assert!(for_people(&format!("\u{1b}[31m{}", "x".repeat(9_000)), 1).contains(PLAIN));
    }

    #[test]
    fn a_long_line_of_json_stays_json() {
        let long = "\"\\\n字".repeat(2_000);
        let line = json!({"timestamp": "t", "level": "WARN", "fields": {"message": long}, "spans": [{"path": long, "name": "request"}]});
        let cut: Value = serde_json::from_str(&in_json(&line.to_string(), 3)).expect("JSON");
        assert_eq!(
            (&cut["level"], &cut["spans"][0]["name"], &cut["left_out"]),
            (&"WARN".into(), &"request".into(), &3.into())
        );
        assert!(
            cut["fields"]["message"]
                .as_str()
                .expect("a text")
                .ends_with(MARK)
        );
        assert!(cut.to_string().len() <= LINE_MAX);
        let many: Map<String, Value> = (0..100)
            .map(|number| (format!("field{number}"), long.clone().into()))
            .collect();
        let line = json!({"timestamp": "t", "level": "WARN", "target": "x", "fields": many});
        let cut: Value = serde_json::from_str(&in_json(&line.to_string(), 0)).expect("JSON");
        assert_eq!(
            (&cut["timestamp"], &cut["fields"]),
            (&"t".into(), &Value::Null)
        );
    }
}
