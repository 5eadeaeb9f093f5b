// SPDX-License-Identifier: MIT
// Botan 2's interface; with Botan 3 only its headers are timed.
#include <botan/auto_rng.h>
#include <botan/certstor_system.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_policy.h>
#include <botan/version.h>
#include <sys/socket.h>

#include <cstdio>

int connect_to(const char* host, const char* port);

#if BOTAN_VERSION_MAJOR == 2
class Callbacks final : public Botan::TLS::Callbacks {
 public:
  explicit Callbacks(int descriptor) : descriptor_(descriptor) {}
  void tls_emit_data(const std::uint8_t bytes[], std::size_t size) override {
    send(descriptor_, bytes, size, MSG_NOSIGNAL);
  }
  void tls_record_received(std::uint64_t, const std::uint8_t bytes[], std::size_t size) override {
    std::fwrite(bytes, 1, size, stdout);
  }
  void tls_alert(Botan::TLS::Alert) override {}
  bool tls_session_established(const Botan::TLS::Session&) override { return false; }

 private:
  int descriptor_;
};

class Trust final : public Botan::Credentials_Manager {
 public:
  std::vector<Botan::Certificate_Store*> trusted_certificate_authorities(const std::string&,
                                                                         const std::string&) override {
    return {&system_};
  }

 private:
  Botan::System_Certificate_Store system_;
};
#endif

int main(int, char** argv) {
  const int descriptor = connect_to(argv[1], argv[2]);
#if BOTAN_VERSION_MAJOR == 2
  Callbacks callbacks(descriptor);
  Trust trust;
  Botan::AutoSeeded_RNG random;
  Botan::TLS::Session_Manager_Noop sessions;
  const Botan::TLS::Policy policy;
  Botan::TLS::Client client(callbacks, sessions, trust, policy, random, Botan::TLS::Server_Information(argv[1]));
  std::uint8_t received[4096];
  for (bool asked = false; !client.is_closed();) {
    if (client.is_active() && !asked) client.send(reinterpret_cast<const std::uint8_t*>(argv[3]), 64), asked = true;
    const ssize_t count = recv(descriptor, received, sizeof received, 0);
    if (count <= 0) break;
    client.received_data(received, static_cast<std::size_t>(count));
  }
  client.close();
#endif
  return descriptor < 0;
}
