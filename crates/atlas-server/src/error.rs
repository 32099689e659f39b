//! `ApiError`: every answer that is not a success, as a problem document (RFC 9457) with a stable `code`.
//!
//! It must not show internals or secrets: what only helps a developer goes to the log.

use atlas_app::AppError;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A request that was not carried out.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct Problem {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
}

impl ApiError {
    /// `code` is for scripts and never changes; `detail` is a sentence: what, why, what to do.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
        }
    }

    /// The caller asked for something that makes no sense.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// Our own fault, whose reason has been logged.
    pub(crate) fn internal() -> Self {
        let detail = "Atlas failed to carry this out, by a fault of its own; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// The stable code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// What an extractor could not make sense of.
    fn rejected(status: StatusCode, detail: String) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "too_large", detail),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(status, "unsupported_media_type", detail),
            _ if status.is_server_error() => {
                tracing::error!(detail, "a route does not fit its handler");
                Self::internal()
            }
            _ => Self::invalid(detail),
        }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let code = error.code();
        let status = match code {
            "invalid_request" | "invalid_cursor" => StatusCode::BAD_REQUEST,
            "not_found" => StatusCode::NOT_FOUND,
            "conflict" | "read_only" => StatusCode::CONFLICT,
            "library_unavailable"
            | "no_library"
            | "other_version"
            | "search_unavailable"
            | "busy"
            | "not_monitored"
            | "stopped_by_hand" => StatusCode::SERVICE_UNAVAILABLE,
            "disk_full" => StatusCode::INSUFFICIENT_STORAGE,
            // Asked to try a channel, we did: that its receiver did not take the message is no fault of ours.
            "not_delivered" => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code, %error, "a use case failed");
        }
        Self::new(status, code, error.told())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), in_words_of_the_caller(&rejection.body_text()))
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(rejection.status(), in_words_of_the_caller(&rejection.body_text()))
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

/// The libraries that take a request apart say what is wrong with it in terms of the program.
fn in_words_of_the_caller(detail: &str) -> String {
    const TERMS: [(&str, &str); 10] = [
        ("Failed to deserialize the JSON body into the target type: ", ""),
        (
            "Failed to parse the request body as JSON: ",
            "the body is no JSON: ",
        ),
        ("Failed to deserialize query string: ", ""),
        (
            "Expected request with `Content-Type: application/json`",
            "a body must be JSON, with `Content-Type: application/json`",
        ),
        ("invalid digit found in string", "it must be a whole number"),
        ("invalid type: ", "it is "),
        ("invalid value: ", "it is "),
        ("expected a sequence", "expected a list"),
        ("sequence, expected", "a list, expected"),
        ("map, expected", "an object, expected"),
    ];
    const NUMBERS: [&str; 6] = ["u64", "u32", "usize", "u16", "i64", "i32"];
    let mut told = detail.to_owned();
    for (theirs, ours) in TERMS {
        told = told.replace(theirs, ours);
    }
    for number in NUMBERS {
        told = told.replace(&format!("expected {number}"), "expected a whole number");
    }
    match told.split_once("expected struct ") {
        Some((before, after)) => {
            let after =
                after.trim_start_matches(|character: char| character.is_alphanumeric() || character == '_');
            format!("{before}expected an object{after}")
        }
        None => told,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
        };
        let mut response = (self.status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use atlas_store::StoreError;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(AppError::Invalid("no".to_owned()), 400, "invalid_request")]
    #[case(AppError::Store(StoreError::NotFound { what: "item", name: "x".to_owned() }), 404, "not_found")]
    #[case(AppError::Store(StoreError::BadCursor("x".to_owned())), 400, "invalid_cursor")]
    #[case(AppError::Store(StoreError::Conflict("no".to_owned())), 409, "conflict")]
    #[case(AppError::ReadOnly, 409, "read_only")]
    #[case(AppError::NotLookedAfter, 503, "not_monitored")]
    #[case(AppError::NotDelivered("550 no".to_owned()), 422, "not_delivered")]
    #[case(AppError::LibraryUnavailable(StoreError::Closed), 503, "library_unavailable")]
    #[case(
        AppError::Store(StoreError::StoppedByHand {
            service: "database_operations",
            scope: "library.read".to_owned(),
            reason: String::new(),
        }),
        503,
        "stopped_by_hand"
    )]
    #[case(AppError::SearchUnavailable("no".to_owned()), 503, "search_unavailable")]
    #[case(AppError::Store(StoreError::Busy("no".to_owned())), 503, "busy")]
    #[case(AppError::Store(StoreError::NoLibrary("/data".into())), 503, "no_library")]
    #[case(AppError::DiskFloor { free_bytes: 1, floor_bytes: 2 }, 507, "disk_full")]
    #[case(AppError::Store(StoreError::Full("no".to_owned())), 507, "disk_full")]
    #[case(AppError::Store(StoreError::Io("no".to_owned())), 500, "io_failed")]
    #[case(AppError::Store(StoreError::LeaseLost), 500, "internal")]
    fn gives_each_failure_its_status_and_its_code(
        #[case] error: AppError,
        #[case] status: u16,
        #[case] code: &str,
    ) {
        let error = ApiError::from(error);
        assert_eq!((error.status.as_u16(), error.code), (status, code));
    }

    #[test]
    fn says_what_is_damaged() {
        let error = ApiError::from(AppError::Store(StoreError::Corrupt {
            path: "library.db".into(),
            detail: "page 7 is torn".to_owned(),
        }));
        assert_eq!((error.status.as_u16(), error.code), (500, "damaged"));
        assert!(error.detail.contains("page 7 is torn"), "{}", error.detail);
    }

    #[rstest]
    #[case::a_bug_in_sql(StoreError::Sqlite("no such column: x".to_owned()))]
    #[case::a_panic(StoreError::Panicked("index out of bounds: column 7".to_owned()))]
    fn keeps_internals_for_the_log(#[case] bug: StoreError) {
        for error in [AppError::LibraryUnavailable(bug.clone()), AppError::Store(bug)] {
            let error = ApiError::from(error);
            assert!(!error.detail.contains("column"), "{}", error.detail);
        }
    }
}
