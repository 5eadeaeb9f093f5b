// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_THREADS_THREADS_HPP
#define TLSMODE_TESTS_THREADS_THREADS_HPP

// Threads that begin together, and a report that counts. Not Catch2: its assertions belong to one thread, and what
// they lock would order the threads. Checks are counted by each thread for itself.

#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/certificates.hpp"
#include "support/tls_pair.hpp"

namespace threads {

/// What one thread found. The first thing that was wrong is kept in words.
struct Findings {
  std::size_t checks = 0;
  std::size_t wrong = 0;
  std::string first;

  bool check(bool holds, std::string_view what) {
    ++checks;
    if (!holds && wrong++ == 0) first = what;
    return holds;
  }
  void add(const Findings& other) {
    checks += other.checks;
    if (wrong == 0) first = other.first;
    wrong += other.wrong;
  }
};

/// Runs `act(thread, findings)` on `count` threads that begin at the same moment.
template <typename Act>
[[nodiscard]] Findings on_threads(std::size_t count, Act act) {
  std::vector<Findings> found(count);
  std::barrier together{static_cast<std::ptrdiff_t>(count)};
  std::vector<std::thread> running;
  for (std::size_t thread = 0; thread != count; ++thread) {
    running.emplace_back([&, thread] {
      together.arrive_and_wait();
      act(thread, found[thread]);
      found[thread].check(::ERR_peek_error() == 0, "the thread's error queue is not empty at its end");
    });
  }
  for (std::thread& thread : running) thread.join();
  Findings all;
  for (const Findings& one : found) all.add(one);
  return all;
}

/// Prints a line of the Test Anything Protocol for each part, and at the end how many there were.
class Report {
 public:
  void part(std::string_view name, const Findings& findings) {
    ++parts_;
    const bool good = findings.wrong == 0 && findings.checks != 0;
    failed_ += good ? 0 : 1;
    std::printf("%s %d - %.*s (%zu checks%s%s)\n", good ? "ok" : "not ok", parts_, static_cast<int>(name.size()),
                name.data(), findings.checks, good ? "" : "; wrong: ", findings.first.c_str());
    std::fflush(stdout);
  }
  [[nodiscard]] int end() const {
    std::printf("1..%d\n", parts_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  int parts_ = 0;
  int failed_ = 0;
};

using ClientContext = tlsmode::Context<tlsmode::Client>;
using ServerContext = tlsmode::Context<tlsmode::Server>;

[[nodiscard]] inline ClientContext client_context() {
  return ClientContext{tlsmode_tests::trust_in(tlsmode_tests::default_authority())};
}
[[nodiscard]] inline ServerContext server_context() {
  return ServerContext{tlsmode_tests::identity_of(tlsmode_tests::default_server())};
}
template <typename Context>
void speak_only(const Context& context, int version) noexcept {
  SSL_CTX_set_min_proto_version(context.native_handle(), version);
  SSL_CTX_set_max_proto_version(context.native_handle(), version);
}

/// Two ends of a socket pair that do not block.
[[nodiscard]] inline std::pair<tlsmode::Socket, tlsmode::Socket> socket_ends() {
  int both[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both) != 0) std::abort();
  return {tlsmode::Socket{both[0]}, tlsmode::Socket{both[1]}};
}

/// A client and a server, both in the hands of one thread.
struct Couple {
  Couple(const ClientContext& clients, const ServerContext& servers, std::pair<tlsmode::Socket, tlsmode::Socket> ends)
      : client{clients, std::move(ends.first), tlsmode::PeerName{"server.example"}},
        server{servers, std::move(ends.second)} {}
  Couple(const ClientContext& clients, const ServerContext& servers) : Couple{clients, servers, socket_ends()} {}
  tlsmode::Connection<tlsmode::Client> client;
  tlsmode::Connection<tlsmode::Server> server;
};

/// Bytes from each side to the other, and the end.
inline void converse(Couple& couple, const std::string& text, Findings& findings) {
  findings.check(tlsmode_tests::carry(couple.client, couple.server, text) == text,
                 "the server has heard something else");
  findings.check(tlsmode_tests::carry(couple.server, couple.client, text) == text,
                 "the client has heard something else");
}
inline void end(Couple& couple, Findings& findings) {
  using tlsmode::IoStatus;
  findings.check(couple.client.shutdown() == IoStatus::done, "the client cannot shut down");
  findings.check(tlsmode_tests::hear(couple.server).end == IoStatus::closed, "the server does not hear the end");
  findings.check(couple.server.shutdown() == IoStatus::done, "the server cannot shut down");
  findings.check(tlsmode_tests::hear(couple.client).end == IoStatus::closed, "the client does not hear the end");
}

}  // namespace threads

#endif
