//! Counts the log events of another function, and those that report a refused order.

use tiny_lambda::events::cloudwatch_logs::LogsEvent;
use tiny_lambda::{Context, Result, info, json_struct};

json_struct! { struct Counts { group: String, events: usize, refused: usize } }

fn main() -> ! {
    tiny_lambda::run(count)
}

fn count(event: LogsEvent, cx: &Context) -> Result<Counts> {
    let data = event.data()?;
    let mut counts = Counts {
        group: data.log_group.into_inner()?,
        events: 0,
        refused: 0,
    };
    for entry in data.log_events.get()? {
        let message = entry.message.get()?;
        counts.events = counts.events.saturating_add(1);
        if message.ends_with("refused") {
            counts.refused = counts.refused.saturating_add(1);
            info!(cx, "{message}");
        }
    }
    Ok(counts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::{events::samples, json};

    #[test]
    fn log_events_are_counted() {
        let event = json::parse(samples::CLOUDWATCH_LOGS.as_bytes()).unwrap();
        let counts = count(event, &Context::default()).unwrap();
        let Counts {
            group,
            events,
            refused,
        } = counts;
        assert_eq!(
            (group.as_str(), events, refused),
            ("/aws/lambda/orders", 2, 1)
        );
    }
}
