//! What was put into a bucket, and how large it is.

use tiny_lambda::events::s3::S3Event;
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! {
    /// What this function has seen.
    struct Seen { keys: Vec<String>, bytes: i64 }
}

fn main() -> ! {
    tiny_lambda::run(uploaded)
}

fn uploaded(event: S3Event, cx: &Context) -> Result<Seen> {
    let mut seen = Seen {
        keys: Vec::new(),
        bytes: 0,
    };
    for record in event.records.get()? {
        let s3 = record.s3.get()?;
        let object = s3.object.get()?;
        // Keys come encoded: a blank is `+`, a plus is `%2B`.
        let key = object.key.get()?.decode()?;
        info!(cx, "{}: {key}", s3.bucket.get()?.name.get()?);
        seen.keys.push(key);
        // Of deletions there is no size.
        seen.bytes = seen
            .bytes
            .saturating_add(object.size.ok().copied().unwrap_or(0));
    }
    Ok(seen)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn keys_are_decoded_and_sizes_added() {
        let event = json::parse(samples::S3.as_bytes()).unwrap();
        let seen = uploaded(event, &Context::default()).unwrap();
        assert_eq!(seen.keys, ["summer 2026/caf\u{e9}+tea.jpg"]);
        assert_eq!(seen.bytes, 1_305_107);
    }
}
