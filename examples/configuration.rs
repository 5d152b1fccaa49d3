//! A function with a configuration and a feature flag of AWS AppConfig: it calculates a discount.
//!
//! It needs the layer of the AWS AppConfig Agent, and a role with `appconfig:StartConfigurationSession` and
//! `appconfig:GetLatestConfiguration`. The application `shop` has the profiles `discount` (JSON) and `features`
//! (feature flags). The local Lambda plays the agent:
//!
//! ```sh
//! cargo run --example configuration -- invoke '{"cents":1000,"items":12}' \
//!     --configuration 'shop/prod/discount={"percent":10}' \
//!     --configuration 'shop/prod/features={"bulk-discount":{"enabled":true}}'
//! ```

use tiny_lambda::services::Configuration;
use tiny_lambda::{Context, Result, json_struct};

json_struct! {
    /// The event.
    struct Order { cents: u64, items: u32 }
}
json_struct! {
    struct Price { cents: u64 }
}
json_struct! {
    /// The profile `discount`.
    struct Discount as camelCase { percent: u64, min_cents: u64 = 0 }
}

fn main() -> ! {
    tiny_lambda::run(price)
}

/// Returns the price after the discount. With the flag `bulk-discount`, orders of at least `min-items` (10) items get
/// twice the discount.
fn price(order: Order, _: &Context) -> Result<Price> {
    // The agent keeps both and polls for new versions, so they are requested in each invocation.
    let discount: Discount = Configuration::new("shop", "prod", "discount").json()?;
    let flags = Configuration::new("shop", "prod", "features").flags()?;

    let mut percent = discount.percent;
    if let Some(flag) = flags.get("bulk-discount").filter(|flag| flag.enabled) {
        let min_items = flag.attribute::<u32>("min-items")?.unwrap_or(10);
        if order.items >= min_items {
            percent = percent.saturating_mul(2);
        }
    }
    if order.cents < discount.min_cents {
        percent = 0;
    }
    let paid = 100_u64.saturating_sub(percent);
    Ok(Price {
        cents: order.cents.saturating_mul(paid) / 100,
    })
}

#[cfg(all(test, feature = "emulator"))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::emulator::{self, InvokeRequest, InvokeResponse};
    use tiny_lambda::{handler, json};

    /// Returns the response to an order. The local Lambda serves the configuration and the flags.
    fn response(order: json::Value, flags: json::Value) -> InvokeResponse {
        let request = InvokeRequest::new(order)
            .with_configuration(
                "shop",
                "prod",
                "discount",
                json!({ "percent": 10, "minCents": 500 }),
            )
            .with_configuration("shop", "prod", "features", flags);
        emulator::invoke(&handler::json(price), request).unwrap()
    }

    #[test]
    fn a_discount_depends_on_the_configuration_and_the_flag() {
        #[track_caller]
        fn check(flag: json::Value, cents: u64, items: u32, want: u64) {
            let order = json!({ "cents": cents, "items": items });
            let response = response(order, json!({ "bulk-discount": flag }));
            emulator::assert_json_eq(&response, json!({ "cents": want }));
        }
        let off = json!({ "enabled": false });
        check(off.clone(), 499, 20, 499);
        check(off, 1000, 20, 900);
        let on = json!({ "enabled": true, "min-items": 5 });
        check(on.clone(), 1000, 4, 900);
        check(on, 1000, 5, 800);
        check(json!({ "enabled": true }), 1000, 10, 800);
    }

    #[test]
    fn an_attribute_of_another_type_is_an_error() {
        let flag = json!({ "enabled": true, "min-items": "five" });
        let order = json!({ "cents": 1, "items": 1 });
        let response = response(order, json!({ "bulk-discount": flag }));
        let message = response.error_message().unwrap();
        assert!(message.contains("min-items"), "{message}");
    }

    #[test]
    fn without_the_configuration_the_error_names_it() {
        let request = InvokeRequest::new(json!({ "cents": 1, "items": 1 }));
        let response = emulator::invoke(&handler::json(price), request).unwrap();
        assert_eq!(
            response.error_type.as_deref(),
            Some("Function.ConfigurationNotFound")
        );
        let message = response.error_message().unwrap();
        let start = "configuration \"shop/prod/discount\": ";
        assert!(message.starts_with(start), "{message}");
    }
}
