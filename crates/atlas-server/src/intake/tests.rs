//! Bodies that stop, drip, are too long or too many, on a paused clock.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::http::Response;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use hyper::body::Frame;
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;
use tower::ServiceExt;

use super::*;

const MB: usize = 1024 * 1024;

/// A body whose pieces come when the test sends them, until it drops the sender.
struct PiecewiseBody(mpsc::UnboundedReceiver<usize>);

impl hyper::body::Body for PiecewiseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|length| length.map(|length| Ok(Frame::data(vec![b'x'; length].into()))))
    }
}

fn piecewise() -> (mpsc::UnboundedSender<usize>, Body) {
    let (pieces, body) = mpsc::unbounded_channel();
    (pieces, Body::new(PiecewiseBody(body)))
}

/// Answers with the length of the body that the handler saw.
fn measuring(intake: &Intake) -> Router {
    Router::new()
        .route("/", post(async |body: Bytes| body.len().to_string()))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .route_layer(from_fn_with_state(intake.clone(), take_body))
}

async fn send(router: Router, body: Body) -> (u16, String) {
    let request = Request::post("/").body(body).unwrap();
    let response: Response<Body> = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_is_given_up() {
    let (pieces, body) = piecewise();
    pieces.send(10).unwrap();
    let begun = Instant::now();
    let (status, problem) = send(measuring(&Intake::up_to(MB)), body).await;
    assert_eq!((status, begun.elapsed()), (408, PROGRESS_TIME));
    assert!(problem.contains(r#""code":"slow_body""#), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_given_up_as_well() {
    let (pieces, body) = piecewise();
    let dripping = async move {
        while pieces.send(1).is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let begun = Instant::now();
    let router = measuring(&Intake::up_to(MB));
    let ((status, _), ()) = tokio::join!(send(router, body), dripping);
    assert_eq!(status, 408);
    assert!(begun.elapsed() <= PROGRESS_TIME + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_slow_but_moves_is_taken_in() {
    let (pieces, body) = piecewise();
    let moving = async move {
        for _ in 0..20 {
            pieces.send(PROGRESS_BYTES).unwrap();
            sleep(PROGRESS_TIME * 9 / 10).await;
        }
    };
    let router = measuring(&Intake::up_to(20 * MB));
    let (answer, ()) = tokio::join!(send(router, body), moving);
    assert_eq!(answer, (200, (20 * PROGRESS_BYTES).to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_body_beyond_its_limit_is_refused_whether_it_says_its_length_or_not() {
    let router = measuring(&Intake::up_to(MB));
    assert_eq!(send(router.clone(), Body::from(vec![b'x'; MB])).await.0, 200);
    let declared = Body::from(vec![b'x'; MB + 1]);
    let (pieces, undeclared) = piecewise();
    pieces.send(MB + 1).unwrap();
    for body in [declared, undeclared] {
        let (status, problem) = send(router.clone(), body).await;
        assert_eq!(status, 413);
        assert!(problem.contains(r#""code":"too_large""#), "{problem}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_bodies_together_stay_within_the_budget_and_short_ones_always_get_in() {
    let intake = Intake::up_to(BUDGET_BYTES);
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, until) = (Arc::clone(&entered), Arc::clone(&leave));
    let holding = Router::new()
        .route(
            "/",
            post(async move |_: Bytes| {
                inside.notify_one();
                until.notified().await;
            }),
        )
        .layer(axum::extract::DefaultBodyLimit::disable())
        .route_layer(from_fn_with_state(intake.clone(), take_body));
    let first = tokio::spawn(send(holding, Body::from(vec![b'x'; BUDGET_BYTES])));
    entered.notified().await;

    let router = measuring(&intake);
    let (status, problem) = send(router.clone(), Body::from(vec![b'x'; MB])).await;
    assert_eq!(status, 503);
    assert!(problem.contains(r#""code":"busy""#), "{problem}");
    let short = Body::from(vec![b'x'; FREE_BYTES]);
    assert_eq!(send(router.clone(), short).await.0, 200);

    leave.notify_one();
    assert_eq!(first.await.unwrap().0, 200);
    let again = Body::from(vec![b'x'; MB]);
    assert_eq!(send(router, again).await.0, 200, "the budget is free again");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_goes_on_without_the_body_keeps_none_of_the_budget() {
    let intake = Intake::up_to(BUDGET_BYTES);
    let (read, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (has_read, until) = (Arc::clone(&read), Arc::clone(&leave));
    let waiting = Router::new()
        .route(
            "/",
            post(async move |body: Bytes| {
                drop(body);
                has_read.notify_one();
                until.notified().await;
            }),
        )
        .layer(axum::extract::DefaultBodyLimit::disable())
        .route_layer(from_fn_with_state(intake.clone(), take_body));
    let first = tokio::spawn(send(waiting, Body::from(vec![b'x'; BUDGET_BYTES])));
    read.notified().await;

    let second = Body::from(vec![b'x'; BUDGET_BYTES]);
    assert_eq!(send(measuring(&intake), second).await.0, 200);
    leave.notify_one();
    assert_eq!(first.await.unwrap().0, 200);
}
