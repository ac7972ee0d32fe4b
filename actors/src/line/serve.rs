//! From a listener to lines: what `actix_web::HttpServer` does, with a [`Watched`] stream under each connection.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use actix_http::body::MessageBody;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_server::Server;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use socket2::{Domain, Protocol as Transport, SockRef, Socket, Type};

use super::{Line, Pace, State, Watched};
use crate::system::System;

/// Waiting connections the kernel keeps: a crowd that reconnects at once must not be turned away.
const BACKLOG: i32 = 4_096;

/// What the kernel may hide of what a peer has not taken: 0.16 MB per stalled peer instead of 2.8.
const SEND_BUFFER: usize = 64 * 1024;

/// When the kernel gives a peer up that acknowledges nothing: what [`Pace::stuck`] is for us, in case we do not
/// get to look.
#[cfg(target_os = "linux")]
const KERNEL_PATIENCE: Duration = Duration::from_secs(10);

/// Listens.
///
/// # Errors
/// As the system has it: the address is taken, or not ours.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Transport::TCP))?;
    // A server that starts again at once finds its own port still winding down.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Small frames leave at once; a peer that takes nothing is given up by the kernel too, where that can be had.
fn tame(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(KERNEL_PATIENCE))?;
    socket.set_send_buffer_size(SEND_BUFFER)
}

/// The lines of one thread.
type Lines = Rc<RefCell<Vec<Weak<State>>>>;

impl System {
    /// Answers requests at this listener, on as many threads as the system was told. Stopping takes
    /// `stop_within` at most, whole seconds.
    ///
    /// # Errors
    /// Those of the listener.
    pub fn serve<F, I, S, B>(&self, listener: TcpListener, stop_within: Duration, app: F) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<actix_web::Error> + 'static,
        S::InitError: Debug,
        S::Response: Into<Response<B>> + 'static,
        <S::Service as Service<Request>>::Future: 'static,
        S::Service: 'static,
        B: MessageBody + 'static,
    {
        let (system, pace) = (self.clone(), self.inner().pace);
        let builder = Server::build().workers(self.worker_count()).disable_signals().shutdown_timeout(stop_within.as_secs());
        let stopping = builder.graceful_shutdown_signal();
        let serving = builder.listen("http", listener, move || {
            system.start_worker();
            let lines = watch_lines(system.clone());
            let stopping = stopping.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(pace.head_within)
                .client_disconnect_timeout(pace.linger)
                .on_connect_ext(|io: &Watched<TcpStream>, data| {
                    data.insert(io.line().clone());
                })
                .finish(map_config(app().into_factory().map_err(|error| error.into().error_response()), |_| AppConfig::default()));
            fn_service(move |io: TcpStream| {
                if let Err(error) = tame(&io) {
                    tracing::warn!(%error, "a connection keeps the system's own limits");
                }
                let address = io.peer_addr().ok();
                let watched = Watched::new(io);
                lines.borrow_mut().push(Rc::downgrade(&watched.line().state));
                async move { Ok((watched, Protocol::Http1, address)) }
            })
            .and_then(http)
        })?;
        Ok(serving.run())
    }
}

/// Looks at every line of this thread again and again, until nobody adds lines any more.
fn watch_lines(system: System) -> Lines {
    let lines = Lines::default();
    let watched = Rc::downgrade(&lines);
    actix_web::rt::spawn(async move {
        let mut looks = tokio::time::interval(system.inner().pace.look_every);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let Some(lines) = watched.upgrade() else { return };
            let (now, pace) = (Instant::now(), pace_of(&system));
            lines.borrow_mut().retain(|line| {
                let Some(state) = line.upgrade() else { return false };
                Line { state }.watch(now, &pace);
                true
            });
        }
    });
    lines
}

/// A server that stops waits less long for those who take nothing.
fn pace_of(system: &System) -> Pace {
    let pace = system.inner().pace;
    if system.is_draining() { Pace { stuck: pace.stuck.min(pace.stuck_at_stop), ..pace } } else { pace }
}

/// Notes on its line that a request is being answered. Goes around everything that takes time.
///
/// # Errors
/// Those of the request.
pub async fn note<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let answering = request.request().conn_data::<Line>().map(Line::answering);
    let response = next.call(request).await;
    drop(answering);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn the_options_of_a_socket_are_what_they_should_be() {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let _peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = tokio::net::TcpListener::from_std(listener).unwrap().accept().await.unwrap();
        tame(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(10)));
        // Linux says twice what it was told.
        assert!((SEND_BUFFER..=2 * SEND_BUFFER).contains(&socket.send_buffer_size().unwrap()));
    }

    #[test]
    fn a_port_in_use_is_not_taken_over() {
        let first = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        assert_eq!(listen(first.local_addr().unwrap()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
