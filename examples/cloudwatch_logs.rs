//! Log events of other functions: how many of them tell of an error.

use tiny_lambda::events::cloudwatch_logs::LogsEvent;
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! { struct Counted { group: String, events: usize, refused: usize } }

fn main() -> ! {
    tiny_lambda::run(count)
}

fn count(event: LogsEvent, cx: &Context) -> Result<Counted> {
    let data = event.data()?;
    let mut counted = Counted {
        group: data.log_group.take()?,
        events: 0,
        refused: 0,
    };
    for entry in data.log_events.get()? {
        let message = entry.message.get()?;
        counted.events = counted.events.saturating_add(1);
        if message.ends_with("refused") {
            counted.refused = counted.refused.saturating_add(1);
            info!(cx, "{message}");
        }
    }
    Ok(counted)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn events_are_unpacked_and_counted() {
        let event = json::parse(samples::CLOUDWATCH_LOGS.as_bytes()).unwrap();
        let counted = count(event, &Context::default()).unwrap();
        let Counted {
            group,
            events,
            refused,
        } = counted;
        assert_eq!(
            (group.as_str(), events, refused),
            ("/aws/lambda/orders", 2, 1)
        );
    }
}
