//! Errors: those of other crates through `?`, and your own with types that the caller can
//! distinguish.

use std::fmt;

use tiny_lambda::{Context, Error, Result, json_struct};

json_struct! {
    struct Order { id: String, quantity: String }
}

/// The caller receives it as `errorType` `OrderError`, which an AWS Step Functions state machine
/// can catch.
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
    tiny_lambda::run(place_order)
}

fn place_order(order: Order, _: &Context) -> Result<u32> {
    // An error of std. Its `errorType` is the name of its type, `ParseIntError`.
    let quantity: u32 = order.quantity.parse()?;
    // An error of our own type.
    if order.id.is_empty() {
        return Err(OrderError::Unknown(order.id).into());
    }
    // An error without a type of its own.
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
        let got = place_order(order, &Context::default()).map_err(|error| error.to_string());
        assert_eq!(
            got.as_ref().map_err(String::as_str),
            want.as_ref().map_err(|want| *want)
        );
    }

    #[test]
    fn each_error_has_a_type_and_a_message() {
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
