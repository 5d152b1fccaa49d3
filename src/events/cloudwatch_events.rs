//! Details of the events of AWS services on an event bus: the `T` of `EventBridgeEvent<T>`.
//!
//! `EventBridgeEvent<AwsApiCall>` is a call that AWS CloudTrail recorded. The modules have the
//! details of other services, such as `EventBridgeEvent<glue::JobRunStateChange>`.

pub mod ec2;
pub mod ecs;
pub mod emr;
pub mod gamelift;
pub mod glue;
pub mod health;
pub mod kms;
pub mod ssm;
pub mod tag;
pub mod trustedadvisor;

use super::field::event;
use super::{Map, Timestamp};
use crate::json::Value;

event! {
    /// The detail of an event of AWS CloudTrail: a call of an AWS API, or a sign-in (AWS CloudTrail
    /// User Guide, "CloudTrail record contents for management, data, and network activity events").
    /// `T` is the type of its `serviceEventDetails`.
    pub struct CloudTrailRecord<T = Value> {
        event_version: String as "eventVersion",
        user_identity: CloudTrailUserIdentity as "userIdentity",
        event_time: Timestamp as "eventTime",
        event_source: String as "eventSource",
        event_name: String as "eventName",
        aws_region: String as "awsRegion",
        source_ip_address: String as "sourceIPAddress",
        user_agent: String as "userAgent",
        /// Its form depends on the call.
        request_parameters: Value as "requestParameters",
        /// Its form depends on the call.
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
        service_event_details: T as "serviceEventDetails",
        shared_event_id: String as "sharedEventID",
        vpc_endpoint_id: String as "vpcEndpointId",
        event_category: String as "eventCategory",
        resources: Vec<Value>,
        tls_details: Map<Value> as "tlsDetails",
        session_credential_from_console: String as "sessionCredentialFromConsole",
    }

    /// The identity that made a call.
    pub struct CloudTrailUserIdentity {
        identity_type: String as "type",
        user_name: String as "userName",
        principal_id: String as "principalId",
        arn: String,
        account_id: String as "accountId",
        access_key_id: String as "accessKeyId",
        session_context: CloudTrailSessionContext as "sessionContext",
        invoked_by: String as "invokedBy",
        identity_provider: String as "identityProvider",
        on_behalf_of: CloudTrailOnBehalfOf as "onBehalfOf",
        credential_id: String as "credentialId",
    }

    /// The session of temporary credentials.
    pub struct CloudTrailSessionContext {
        session_issuer: CloudTrailSessionIssuer as "sessionIssuer",
        web_id_federation_data: CloudTrailWebIdFederationData as "webIdFederationData",
        attributes: CloudTrailSessionAttributes,
        source_identity: String as "sourceIdentity",
        ec2_role_delivery: String as "ec2RoleDelivery",
        assumed_root: String as "assumedRoot",
    }

    /// The identity that issued temporary credentials.
    pub struct CloudTrailSessionIssuer {
        issuer_type: String as "type",
        user_name: String as "userName",
        principal_id: String as "principalId",
        arn: String,
        account_id: String as "accountId",
    }

    /// The identity provider of a federated caller.
    pub struct CloudTrailWebIdFederationData {
        federated_provider: String as "federatedProvider",
        attributes: Value,
    }

    /// The attributes of a session.
    pub struct CloudTrailSessionAttributes {
        /// The string `true` or `false`.
        mfa_authenticated: String as "mfaAuthenticated",
        creation_date: Timestamp as "creationDate",
    }

    /// The IAM Identity Center user for whom a call was made.
    pub struct CloudTrailOnBehalfOf {
        user_id: String as "userId",
        identity_store_arn: String as "identityStoreArn",
    }
}

/// The detail of a call of an AWS API.
pub type AwsApiCall = CloudTrailRecord;

/// The detail of a sign-in to the AWS console, which CloudTrail records like a call.
pub type SignIn = AwsApiCall;
