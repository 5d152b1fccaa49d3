//! AWS CloudTrail: calls of AWS's APIs, which event buses deliver as the detail of an event:
//! `EventBridgeEvent<AwsApiCall>`.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::event;
use super::{Map, Timestamp};
use crate::json::Value;

event! {
    /// A call (AWS CloudTrail User Guide, "CloudTrail record contents").
    pub struct AwsApiCall {
        event_version: String as "eventVersion",
        user_identity: CloudTrailUserIdentity as "userIdentity",
        event_time: Timestamp as "eventTime",
        event_source: String as "eventSource",
        event_name: String as "eventName",
        aws_region: String as "awsRegion",
        source_ip_address: String as "sourceIPAddress",
        user_agent: String as "userAgent",
        /// Their form is the call's own.
        request_parameters: Value as "requestParameters",
        /// Their form is the call's own.
        response_elements: Value as "responseElements",
        additional_event_data: Value as "additionalEventData",
        error_code: String as "errorCode",
        error_message: String as "errorMessage",
        request_id: String as "requestID",
        event_id: String as "eventID",
        event_type: String as "eventType",
        api_version: String as "apiVersion",
        read_only: bool as "readOnly",
        management_event: bool as "managementEvent",
        recipient_account_id: String as "recipientAccountId",
        service_event_details: Value as "serviceEventDetails",
        shared_event_id: String as "sharedEventID",
        vpc_endpoint_id: String as "vpcEndpointId",
        event_category: String as "eventCategory",
        resources: Vec<Value>,
        tls_details: Map<Value> as "tlsDetails",
        session_credential_from_console: String as "sessionCredentialFromConsole",
    }

    /// Who has called.
    pub struct CloudTrailUserIdentity {
        identity_type: String as "type",
        user_name: String as "userName",
        principal_id: String as "principalId",
        arn: String,
        account_id: String as "accountId",
        access_key_id: String as "accessKeyId",
        session_context: Value as "sessionContext",
        invoked_by: String as "invokedBy",
        identity_provider: String as "identityProvider",
        on_behalf_of: Value as "onBehalfOf",
        credential_id: String as "credentialId",
    }
}
