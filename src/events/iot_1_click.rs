//! AWS IoT 1-Click: buttons.

use alloc::string::String;

use super::field::event;
use super::{Map, Timestamp};
use crate::json::Number;

event! {
    /// A click (AWS IoT 1-Click Developer Guide, "AWS IoT 1-Click programming model").
    pub struct IotOneClickEvent {
        device_event: IotOneClickDeviceEvent as "deviceEvent",
        device_info: IotOneClickDeviceInfo as "deviceInfo",
        placement_info: IotOneClickPlacementInfo as "placementInfo",
    }

    /// What has happened.
    pub struct IotOneClickDeviceEvent {
        button_clicked: IotOneClickButtonClicked as "buttonClicked",
    }

    /// A click.
    pub struct IotOneClickButtonClicked {
        /// `SINGLE`, `DOUBLE` or `LONG`
        click_type: String as "clickType",
        reported_time: Timestamp as "reportedTime",
    }

    /// A device.
    pub struct IotOneClickDeviceInfo {
        attributes: Map<String>,
        device_type: String as "type",
        device_id: String as "deviceId",
        /// In percent.
        remaining_life: Number as "remainingLife",
    }

    /// Where it is.
    pub struct IotOneClickPlacementInfo {
        project_name: String as "projectName",
        placement_name: String as "placementName",
        attributes: Map<String>,
        devices: Map<String>,
    }
}
