// As main.cpp, with the module.
import tlsmode;

struct Proxy : tlsmode::Client {
  using Writes = tlsmode::BufferedWrites;
};

int main() {
  const tlsmode::Context<Proxy> context;
  tlsmode::Connection connection{context, tlsmode::MemoryTransport{}, tlsmode::PeerName{"example.org"}};
  const tlsmode::IoStatus status = connection.handshake();
  return status == tlsmode::IoStatus::want_read && !name(status).empty() && !connection.transport().output().empty() &&
                 !(tlsmode::Mode::auto_retry | tlsmode::Mode::async).empty()
             ? 0
             : 1;
}
