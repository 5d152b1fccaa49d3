//! Errors: those of others by `?`, and some of one's own with names that the caller can tell apart.

use std::fmt;

use tiny_lambda::{Context, Error, Result, json_struct};

json_struct! {
    struct Order { id: String, quantity: String }
}

/// The caller sees `errorType` `OrderError`, and an AWS Step Functions state machine can catch it.
#[derive(Debug)]
enum OrderError {
    Unknown(String),
    SoldOut { left: u32 },
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OrderError::Unknown(id) => write!(f, "there is no order {id}"),
            OrderError::SoldOut { left } => write!(f, "only {left} are left"),
        }
    }
}

impl std::error::Error for OrderError {}

fn main() -> ! {
    tiny_lambda::run(take)
}

fn take(order: Order, _: &Context) -> Result<u32> {
    // Another's error, under the name of its type: `ParseIntError`.
    let quantity: u32 = order.quantity.parse()?;
    // One of our own.
    if order.id.is_empty() {
        return Err(OrderError::Unknown(order.id).into());
    }
    // A name without a type: for the one error that nobody else has.
    if quantity == 0 {
        return Err(Error::new(
            "NothingOrdered",
            "an order has at least one piece",
        ));
    }
    let left = 3_u32;
    Ok(left
        .checked_sub(quantity)
        .ok_or(OrderError::SoldOut { left })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, quantity: &str, want: std::result::Result<u32, &str>) {
        let order = Order {
            id: id.into(),
            quantity: quantity.into(),
        };
        let got = take(order, &Context::default()).map_err(|error| error.to_string());
        assert_eq!(
            got.as_ref().map_err(String::as_str),
            want.as_ref().map_err(|want| *want)
        );
    }

    #[test]
    fn each_error_has_a_name_and_a_sentence() {
        check("a", "2", Ok(1));
        check(
            "a",
            "x",
            Err("ParseIntError: invalid digit found in string"),
        );
        check("", "1", Err("OrderError: there is no order "));
        check("a", "4", Err("OrderError: only 3 are left"));
        check(
            "a",
            "0",
            Err("NothingOrdered: an order has at least one piece"),
        );
    }
}
