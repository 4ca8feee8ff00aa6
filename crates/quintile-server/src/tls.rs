//! HTTPS by a certificate and its key, which are read anew when the system says so (SIGHUP).

use crate::app::App;
use quintile::Error;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that wait to be answered, after their handshake.
const WAITING: usize = 64;
/// How long nothing is accepted after the system had no room for another connection.
const PAUSE: Duration = Duration::from_millis(200);

/// Where the certificate and its key are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its authority, as PEM.
    pub certificate: PathBuf,
    /// Its key, as PEM.
    pub key: PathBuf,
}

/// What connections are encrypted with.
pub struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files.
    pub fn of(files: TlsFiles) -> Result<Tls, Error> {
        let config = RwLock::new(read(&files)?);
        Ok(Tls { files, config })
    }

    /// Reads them anew; when they cannot be used, those of before stay.
    pub fn read_again(&self) -> Result<(), Error> {
        let config = read(&self.files)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, Error> {
    let TlsFiles { certificate, key } = files;
    let wrong = |path: &Path, why: String| Error::Usage(format!("`{}` {why}", path.display()));
    let open = |path: &Path| match std::fs::read(path) {
        Ok(text) => Ok(text),
        Err(error) => Err(wrong(path, format!("cannot be read: {error}"))),
    };
    let chain = CertificateDer::pem_slice_iter(&open(certificate)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| wrong(certificate, format!("is no PEM of certificates: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "holds no certificate; it begins with `-----BEGIN CERTIFICATE-----`".to_owned()));
    }
    let key_of = PrivateKeyDer::from_pem_slice(&open(key)?);
    let key_of =
        key_of.map_err(|_| wrong(key, "holds no private key; it begins with `-----BEGIN PRIVATE KEY-----` or the like".to_owned()))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::Answer(error.to_string()))?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key_of).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => wrong(key, format!("is not the key of the certificate in `{}`", certificate.display())),
        error => wrong(certificate, format!("cannot be used with `{}`: {error}", key.display())),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Takes connections, each once it is encrypted: who does not end its handshake keeps nobody waiting.
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Takes connections from now on.
    pub fn of(listener: TcpListener, tls: Arc<Tls>) -> io::Result<TlsListener> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            loop {
                let (stream, peer) = tokio::select! {
                    () = sender.closed() => return,
                    accepted = listener.accept() => match accepted {
                        Ok(accepted) => accepted,
                        Err(_) => {
                            tokio::time::sleep(PAUSE).await;
                            continue;
                        }
                    },
                };
                let (acceptor, sender) = (tls.acceptor(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(TlsListener { ready, address })
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Nobody accepts any more: nothing comes.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

/// The files are read anew whenever the system says so.
#[cfg(unix)]
pub async fn read_when_told(app: Arc<App>, tls: Arc<Tls>) {
    let Ok(mut told) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else { return };
    while told.recv().await.is_some() {
        match tls.read_again() {
            Ok(()) => app.options.log.event("info", "certificate read anew"),
            Err(error) => app.options.log.event("error", &format!("the certificate of before stays: {error}")),
        }
    }
}
