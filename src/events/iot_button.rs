//! AWS IoT buttons, and the Enterprise button.

use alloc::string::String;

use super::field::event;

event! {
    /// A click (AWS IoT Button, "Getting started").
    pub struct IotButtonEvent {
        serial_number: String as "serialNumber",
        /// `SINGLE`, `DOUBLE` or `LONG`
        click_type: String as "clickType",
        /// As in `1567mV`.
        battery_voltage: String as "batteryVoltage",
    }
}
