//! Tests of a function: a call of the handler, invocations in the local Lambda, and injected
//! faults.

use tiny_lambda::{Context, Error, Result};

fn main() -> ! {
    tiny_lambda::run(withdraw)
}

/// Takes coins out of a purse that has ten, and returns how many are left.
fn withdraw(coins: u32, cx: &Context) -> Result<u32> {
    if cx.tenant_id.as_deref() == Some("blocked") {
        return Err(Error::new("Blocked", "this purse is closed"));
    }
    10_u32
        .checked_sub(coins)
        .ok_or_else(|| Error::new("NotEnough", "there are only ten"))
}

#[cfg(all(test, feature = "emulator"))]
#[allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail"
)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;
    use tiny_lambda::emulator::{self, Emulator, InjectedFault, InvokeRequest, Settings};
    use tiny_lambda::{Runtime, handler};

    /// The handler is a function, so a test can call it.
    #[test]
    fn ten_less_three_are_seven() {
        assert_eq!(withdraw(3, &Context::default()).unwrap(), 7);
    }

    /// `emulator::invoke` sends one event through a local Runtime API, over a socket.
    #[test]
    fn an_error_has_a_type_that_callers_see() {
        let reply = emulator::invoke(&handler::json(withdraw), "11").unwrap();
        assert_eq!(reply.error_type.as_deref(), Some("Function.NotEnough"));
        let message = reply.error_message();
        assert_eq!(message.as_deref(), Some("there are only ten"));
        let reply = emulator::invoke(&handler::json(withdraw), r#""three""#).unwrap();
        assert_eq!(reply.error_type.as_deref(), Some("Runtime.UnmarshalError"));
    }

    /// `InvokeRequest` sets what else belongs to an invocation, such as the tenant ID.
    #[test]
    fn a_blocked_tenant_gets_nothing() {
        let request = InvokeRequest::new("1").with_tenant_id("blocked");
        let reply = emulator::invoke(&handler::json(withdraw), request).unwrap();
        assert_eq!(reply.error_type.as_deref(), Some("Function.Blocked"));
    }

    /// Runs `test` while the function serves invocations of an emulator.
    fn serving(settings: Settings, test: impl FnOnce(&Emulator)) {
        let emulator = Emulator::start_with(settings).unwrap();
        let addr = emulator.addr().to_string();
        let function = handler::json(withdraw);
        thread::scope(|scope| {
            scope.spawn(|| Runtime::at(&addr).serve(&function).ok());
            test(&emulator);
            // Ends `serve`, so that the scope can end.
            drop(emulator);
        });
    }

    /// One process serves several invocations.
    #[test]
    fn each_invocation_has_a_new_purse() {
        serving(Settings::default(), |emulator| {
            assert_eq!(emulator.invoke("1").unwrap().text(), "9");
            assert_eq!(emulator.invoke("2").unwrap().json::<u32>().unwrap(), 8);
        });
    }

    /// The emulator injects faults: split and chunked replies, and connections that are closed.
    #[test]
    fn every_event_has_a_response_despite_network_faults() {
        let mut settings = Settings::default();
        settings.faults = vec![
            (InjectedFault::Split, 0.5),
            (InjectedFault::Chunked, 0.5),
            (InjectedFault::CutBefore, 0.1),
        ];
        settings.timeout = Duration::from_secs(20);
        serving(settings, |emulator| {
            for coins in 0..10_u32 {
                let reply = emulator.invoke(coins.to_string()).unwrap();
                assert_eq!(reply.text(), (10 - coins).to_string());
            }
        });
    }
}
