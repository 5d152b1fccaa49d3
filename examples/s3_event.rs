//! Lists the objects that were created in a bucket, and adds their lengths.

use tiny_lambda::events::s3::S3Event;
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! {
    /// The keys of the objects and the sum of their lengths.
    struct Uploads { keys: Vec<String>, bytes: i64 }
}

fn main() -> ! {
    tiny_lambda::run(uploaded)
}

fn uploaded(event: S3Event, cx: &Context) -> Result<Uploads> {
    let mut uploads = Uploads {
        keys: Vec::new(),
        bytes: 0,
    };
    for record in event.records.get()? {
        let s3 = record.s3.get()?;
        let object = s3.object.get()?;
        // Keys are encoded: a space is `+`, a plus sign is `%2B`.
        let key = object.key.get()?.decode()?;
        info!(cx, "{}: {key}", s3.bucket.get()?.name.get()?);
        uploads.keys.push(key);
        // The event of a deletion has no size.
        uploads.bytes = uploads
            .bytes
            .saturating_add(object.size.ok().copied().unwrap_or(0));
    }
    Ok(uploads)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn keys_are_decoded_and_sizes_added() {
        let event = json::parse(samples::S3.as_bytes()).unwrap();
        let uploads = uploaded(event, &Context::default()).unwrap();
        assert_eq!(uploads.keys, ["summer 2026/caf\u{e9}+tea.jpg"]);
        assert_eq!(uploads.bytes, 1_305_107);
    }
}
