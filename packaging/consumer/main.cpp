// A program that found tlsmode: it starts a handshake in memory, so it needs the headers and both libraries.
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

int main() {
  const tlsmode::Context<tlsmode::Client> context;
  tlsmode::Connection connection{context, tlsmode::MemoryTransport{}, tlsmode::PeerName{"example.org"}};
  const bool waits_for_the_server = connection.handshake() == tlsmode::IoStatus::want_read;
  return waits_for_the_server && !connection.transport().output().empty() ? 0 : 1;
}
