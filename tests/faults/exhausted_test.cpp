// SPDX-License-Identifier: MIT
// No descriptors left. Not under the sanitizers, which need some when an exception is thrown.
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include <openssl/x509.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/wait.hpp>

#include "faults/ends.hpp"
#include "faults/open_descriptors.hpp"

using namespace faults;
using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

/// Leaves no descriptor free, as long as it exists.
class NoDescriptors {
 public:
  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const ::rlimit low{256, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    for (int taken = ::dup(0); taken >= 0; taken = ::dup(0)) taken_.push_back(taken);
    REQUIRE(errno == EMFILE);
  }
  ~NoDescriptors() {
    for (const int taken : taken_) ::close(taken);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  ::rlimit before_{};
  std::vector<int> taken_;
};

/// An environment variable with another value, as long as it exists.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_{name} {
    const char* const before = std::getenv(name);
    had_one_ = before != nullptr;
    before_ = had_one_ ? before : "";
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() { had_one_ ? ::setenv(name_, before_.c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  bool had_one_;
  std::string before_;
};

template <typename Make>
void check_says_exhausted(Make make, std::string_view path) {
  const Error error = thrown_by(make);
  CHECK(error.kind() == ErrorKind::system);
  CHECK(error.system_error() == EMFILE);
  CHECK(says(error, path));
  CHECK(says(error, "Too many open files"));
  CHECK(says(error, "Remedy: no descriptors left: raise the limit or close some"));
  CHECK(::ERR_peek_error() == 0);
}

}  // namespace

TEST_CASE("loading files without a free descriptor says so, leaks none, and works later") {
  const TemporaryDirectory directory;
  const std::string chain = directory.write("chain.pem", default_server().chain_pem());
  const std::string key = directory.write("key.pem", default_server().key_pem());
  const std::string root = directory.write("root.pem", default_authority().pem());
  const std::size_t before = open_descriptors();
  {
    const NoDescriptors none;
    for (int times = 0; times != 3; ++times) {
      check_says_exhausted([&] { return Identity::from_pem_files(chain, key); }, chain);
      check_says_exhausted([&] { return Trust::file(root); }, root);
      check_says_exhausted([&] { return Trust::directory(directory.path()); }, directory.path());
    }
  }
  CHECK(open_descriptors() == before);
  CHECK(thrown_by([&] { return Identity::from_pem_files(chain, key); }).kind() == ErrorKind::none);
  CHECK(thrown_by([&] { return Trust::file(root); }).kind() == ErrorKind::none);
  CHECK(thrown_by([&] { return Trust::directory(directory.path()); }).kind() == ErrorKind::none);
  CHECK(open_descriptors() == before);
}

TEST_CASE("a socket that there was no descriptor for is refused") {
  const NoDescriptors none;
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  CHECK(errno == EMFILE);
  const Error error = thrown_by([&] { return Socket{descriptor}; });
  CHECK(error.operation() == Operation::open_socket);
  CHECK(says(error, "this is not an open descriptor"));
}

TEST_CASE("what needs no descriptor works when none is free") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const Ends ends = tcp_ends();
  const NoDescriptors none;
  Subject<StrictWrites> client{ends.ours, version};
  Peer peer{ends.theirs, version};
  REQUIRE(shake_hands(client, peer));
  const std::string text = pattern(200'000);
  CHECK((carry_over(client, peer, text) == text));
  peer.say("answer");
  peer.give();
  PollWaiter waiter{client.connection.transport(), std::chrono::milliseconds{patience}};
  char buffer[100];
  CHECK(read_some(client.connection, buffer, waiter) == WaitResult{WaitStatus::done, 6});
  CHECK(tlsmode::shutdown(client.connection, waiter) == WaitStatus::done);
}

TEST_CASE("a client that cannot read what the system trusts says so, and believes it later") {
  const TemporaryDirectory directory;
  const Environment file{"SSL_CERT_FILE", directory.write("root.pem", default_authority().pem())};
  const Environment folder{"SSL_CERT_DIR", directory.path()};
  {
    const NoDescriptors none;
    check_says_exhausted([] { return Trust::system(); }, "cannot load the system's certificates");
    check_says_exhausted([] { return Context<Client>{}; }, "cannot load the system's certificates");
  }
  const Context<Client> context;
  const Ends ends = unix_ends();
  struct {
    int descriptor;
    Connection<Client> connection;
  } client{ends.ours, {context, Socket{ends.ours}, PeerName{"server.example"}}};
  Peer peer{ends.theirs, TLS1_3_VERSION};
  CHECK(shake_hands(client, peer));
}

TEST_CASE("what the system trusts by directories is looked up when needed: without a descriptor peers are refused") {
  const TemporaryDirectory directory;
  char name[16];
  const unsigned long hash = ::X509_NAME_hash(::X509_get_subject_name(default_authority().certificate()));
  static_cast<void>(std::snprintf(name, sizeof name, "%08lx.0", hash));
  directory.write(name, default_authority().pem());
  const Environment file{"SSL_CERT_FILE", "/nowhere/roots.pem"};
  const Environment folder{"SSL_CERT_DIR", directory.path()};
  const Context<Client> context;
  const bool exhausted = GENERATE(false, true);
  const Ends ends = unix_ends();
  struct {
    int descriptor;
    Connection<Client> connection;
  } client{ends.ours, {context, Socket{ends.ours}, PeerName{"server.example"}}};
  Peer peer{ends.theirs, TLS1_3_VERSION};
  std::optional<NoDescriptors> none;
  if (exhausted) none.emplace();
  CHECK(shake_hands(client, peer) == !exhausted);
  CHECK(says(client.connection.error(), "certificate verify failed") == exhausted);
  // OpenSSL 3.5 forgets why it could not look: what is not in its queue, nobody can tell.
  const bool told = exhausted && OPENSSL_VERSION_NUMBER < 0x30500000L;
  CHECK(says(client.connection.error(), "Remedy: no descriptors left: raise the limit or close some") == told);
  CHECK(client.connection.error().system_error() == (told ? EMFILE : 0));
}
