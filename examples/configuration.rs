//! A function with a configuration and a feature flag of AWS AppConfig: it calculates a discount.
//!
//! It needs the layer of the AWS AppConfig Agent, and a role with `appconfig:StartConfigurationSession` and
//! `appconfig:GetLatestConfiguration`. The application `shop` has the profiles `discount` (JSON) and `features`
//! (feature flags).

use tiny_lambda::services::{Configuration, FeatureFlags};
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

fn price(order: Order, _: &Context) -> Result<Price> {
    // The agent keeps both and polls for new versions, so they are requested in each invocation.
    let discount: Discount = Configuration::new("shop", "prod", "discount").json()?;
    let features = Configuration::new("shop", "prod", "features");
    let flags = features.flag("bulk-discount").flags()?;
    Ok(Price {
        cents: discounted(&order, &discount, &flags)?,
    })
}

/// Returns the price after the discount. With the flag `bulk-discount`, orders of at least `min-items` (10) items get
/// twice the discount.
fn discounted(order: &Order, discount: &Discount, flags: &FeatureFlags) -> Result<u64> {
    let mut percent = discount.percent;
    if let Some(flag) = flags.get("bulk-discount").filter(|flag| flag.enabled) {
        let min_items = flag.attribute::<u32>("min-items")?.unwrap_or(10);
        if order.items >= min_items {
            percent = percent.saturating_mul(2);
        }
    }
    if order.cents < discount.min_cents {
        return Ok(order.cents);
    }
    let paid = 100_u64.saturating_sub(percent);
    Ok(order.cents.saturating_mul(paid) / 100)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use tiny_lambda::json;

    #[test]
    fn a_discount_depends_on_the_configuration_and_the_flag() {
        #[track_caller]
        fn check(flags: &str, cents: u64, items: u32, want: u64) {
            let discount: Discount = json::parse(br#"{"percent":10,"minCents":500}"#).unwrap();
            let flags: FeatureFlags = json::parse(flags.as_bytes()).unwrap();
            let order = Order { cents, items };
            assert_eq!(discounted(&order, &discount, &flags), Ok(want), "{flags:?}");
        }
        let off = r#"{"bulk-discount":{"enabled":false}}"#;
        check(off, 499, 20, 499);
        check(off, 1000, 20, 900);
        check("{}", 1000, 20, 900);
        let on = r#"{"bulk-discount":{"enabled":true,"min-items":5}}"#;
        check(on, 1000, 4, 900);
        check(on, 1000, 5, 800);
        check(r#"{"bulk-discount":{"enabled":true}}"#, 1000, 10, 800);
    }

    #[test]
    fn an_attribute_of_another_type_is_an_error() {
        let discount: Discount = json::parse(br#"{"percent":10}"#).unwrap();
        let flags = br#"{"bulk-discount":{"enabled":true,"min-items":"five"}}"#;
        let flags: FeatureFlags = json::parse(flags).unwrap();
        let order = Order { cents: 1, items: 1 };
        let error = discounted(&order, &discount, &flags).unwrap_err();
        assert!(error.error_message().contains("min-items"), "{error}");
    }

    /// Outside of Lambda there is no agent, so the error says what is missing.
    #[test]
    fn without_the_agent_the_error_names_the_configuration() {
        let order = Order { cents: 1, items: 1 };
        let error = price(order, &Context::default()).err().unwrap();
        assert_eq!(error.error_type(), "ConfigurationError");
        let start = "configuration \"shop/prod/discount\": ";
        assert!(error.error_message().starts_with(start), "{error}");
    }
}
