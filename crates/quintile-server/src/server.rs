//! Listening, and stopping in order.

use crate::answered::Answered;
use crate::app::App;
use crate::options::Options;
use crate::problem::Problem;
use crate::routes::{ROUTES, Route};
use crate::tls::{self, Tls, TlsListener};
use crate::{clock, jobs, page, pass, schedule, secrets};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::routing::{MethodFilter, on};
use axum::serve::ListenerExt;
use quintile::{Error, Overrides, Workspace};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take to end when the server stops.
const LAST_REQUESTS: Duration = Duration::from_secs(10);
/// The link of the first start holds for so many seconds.
const FIRST_LINK_SECONDS: i64 = 24 * 3600;

/// A server that listens and does not answer yet.
pub struct Server {
    app: Arc<App>,
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
}

/// Makes the owner without anybody at a browser.
#[derive(Debug, Clone)]
pub struct FirstOwner {
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl Server {
    /// Opens the accounts and the port. Imports that were under way when the server ended wait again.
    pub fn bind(workspace: Workspace, overrides: Overrides, options: Options) -> Result<Server, Error> {
        let listen = options.listen;
        let fault = |error: std::io::Error| Error::Usage(format!("cannot listen on {listen}: {error}; choose another with --listen"));
        let tls = options.tls.clone().map(Tls::of).transpose()?.map(Arc::new);
        let app = Arc::new(App::new(workspace, overrides, options)?);
        let listener = std::net::TcpListener::bind(listen).map_err(fault)?;
        listener.set_nonblocking(true).map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        Ok(Server { app, listener, address, tls })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address people see.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.app.options.url.as_deref().map_or_else(|| format!("{scheme}://{}", self.address), |url| url.trim_end_matches('/').to_owned())
    }

    /// Makes the owner, where there is nobody yet; else the one-time link by which somebody becomes it. `None` when there is an
    /// owner already.
    pub fn first_start(&self, owner: Option<&FirstOwner>) -> Result<Option<String>, Error> {
        let now = clock::now();
        if !self.app.accounts.people()?.is_empty() {
            return Ok(None);
        }
        if let Some(owner) = owner {
            crate::routes::invitations::first_owner(&self.app, &owner.email, "Owner", &owner.password)
                .map_err(|problem| Error::Usage(problem.detail))?;
            return Ok(None);
        }
        let token = secrets::random(20).map_err(|error| Error::Answer(error.to_string()))?;
        self.app.accounts.invite(&secrets::hash(&token), None, clock::after(now, FIRST_LINK_SECONDS))?;
        // What stands behind the # stays in the browser: no proxy and no log ever sees it.
        Ok(Some(format!("{}/start#{token}", self.url())))
    }

    /// Answers until the system asks to stop: Ctrl-C, or SIGTERM. A second one ends the process at once.
    pub fn run_until_signalled(self) -> Result<(), Error> {
        self.run(async {
            signalled().await;
            tokio::spawn(async {
                signalled().await;
                std::process::exit(130);
            });
        })
    }

    /// Answers until `stop` ends; then what is under way may end too.
    pub fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let fault = |error: std::io::Error| Error::Answer(error.to_string());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(fault)?;
        let Server { app, listener, tls, .. } = self;
        let worker = jobs::worker(app.clone()).map_err(fault)?;
        let answered = runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            let (ending, app_of_stop) = (app.stopping.subscribe(), app.clone());
            tokio::spawn(async move {
                stop.await;
                app_of_stop.options.log.event("info", "stopping");
                let _ = app_of_stop.stopping.send(true);
            });
            tokio::spawn(schedule::keep_looking(app.clone()));
            let mut graceful = ending.clone();
            let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
            let stopped = async move {
                let _ = graceful.wait_for(|stopping| *stopping).await;
            };
            let serving: Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>> = match tls {
                None => Box::pin(axum::serve(listener, service).with_graceful_shutdown(stopped).into_future()),
                Some(tls) => {
                    #[cfg(unix)]
                    tokio::spawn(tls::read_when_told(app.clone(), tls.clone()));
                    // Who listens through `tap_io` hands on who came.
                    let listener = TlsListener::of(listener, tls)?.tap_io(|_| {});
                    Box::pin(axum::serve(listener, service).with_graceful_shutdown(stopped).into_future())
                }
            };
            let mut last = ending;
            tokio::select! {
                ended = serving => ended,
                _ = async {
                    let _ = last.wait_for(|stopping| *stopping).await;
                    tokio::time::sleep(LAST_REQUESTS).await;
                } => Ok(()),
            }
        });
        let _ = app.stopping.send(true);
        app.jobs.stop();
        runtime.shutdown_timeout(Duration::from_secs(1));
        // The job under way is told to stop, and waits again at the next start.
        let _ = worker.join();
        answered.map_err(fault)
    }
}

/// Ctrl-C, or SIGTERM. Where neither can be heard, nothing ever comes.
async fn signalled() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        _ = interrupt => {}
        _ = terminate => {}
    }
}

/// All routes, each from its entry in the table.
fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for entry in ROUTES {
        let filter = MethodFilter::try_from(entry.http_method()).unwrap_or(MethodFilter::GET);
        router = router.route(entry.path, on(filter, move |state, peer, request| entry_of(entry, state, peer, request)));
    }
    router.fallback(nowhere).method_not_allowed_fallback(no_method).with_state(app)
}

async fn entry_of(
    entry: &'static Route,
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Answered {
    pass::route(app, entry, peer, request).await
}

async fn nowhere(State(app): State<Arc<App>>, request: Request) -> Answered {
    let shown = app.clone();
    pass::other(app, "page", request, |request| page::answer(&shown, request)).await
}

async fn no_method(State(app): State<Arc<App>>, request: Request) -> Answered {
    pass::other(app, "no method", request, |request| {
        let detail = format!("{} is not known here; see /api/v1/openapi.json", request.method());
        Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail))
    })
    .await
}
