//! Returns the event as it is: any JSON, without a type of your own.

use tiny_lambda::json::Value;
use tiny_lambda::{Context, Result};

fn main() -> ! {
    tiny_lambda::run(echo)
}

fn echo(event: Value, _: &Context) -> Result<Value> {
    Ok(event)
}

#[cfg(test)]
mod tests {
    use tiny_lambda::{Context, json};

    #[test]
    fn the_event_is_returned() -> tiny_lambda::Result<()> {
        let event = json!({ "a": [1, null, "b"], "c": { "d": 1.50 } });
        assert_eq!(super::echo(event.clone(), &Context::default())?, event);
        Ok(())
    }
}
