// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FAULTS_ENDS_HPP
#define TLSMODE_TESTS_FAULTS_ENDS_HPP

// A connection over a real socket, and at the other end a peer whose every byte passes through the hands of the test.

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/memory_transport.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"
#include "support/unlimited.hpp"

namespace faults {

using tlsmode::IoStatus;
using tlsmode_tests::unlimited;

constexpr int patience = 20'000;  // milliseconds; no wait of a test that passes comes near

/// Two connected stream sockets: `ours` does not block.
struct Ends {
  int ours = -1;
  int theirs = -1;
};

[[nodiscard]] inline Ends unix_ends() {
  int both[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
  REQUIRE(::fcntl(both[0], F_SETFL, O_NONBLOCK) == 0);
  return {both[0], both[1]};
}

/// TCP over loopback. With `buffer`, all buffers are squeezed to about so many bytes.
[[nodiscard]] inline Ends tcp_ends(int buffer = 0) {
  const auto made = [=] {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    const int yes = 1;  // a reset would throw away what waits for an acknowledgement
    REQUIRE(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
    if (buffer != 0) {
      REQUIRE(::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) == 0);
      REQUIRE(::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) == 0);
    }
    return descriptor;
  };
  const int listener = made();
  ::sockaddr_in address{};
  ::socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener, reinterpret_cast<const ::sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<::sockaddr*>(&address), &size) == 0);
  Ends ends{made(), -1};
  REQUIRE(::connect(ends.ours, reinterpret_cast<const ::sockaddr*>(&address), size) == 0);
  ends.theirs = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  REQUIRE(ends.theirs >= 0);
  REQUIRE(::fcntl(ends.ours, F_SETFL, O_NONBLOCK) == 0);
  ::close(listener);
  return ends;
}

/// Waits for one of `events`, an error or a hang-up. Returns: what came; 0 if nothing did in a long time.
inline short await(int descriptor, short events) noexcept {
  ::pollfd entry{descriptor, events, 0};
  while (::poll(&entry, 1, patience) < 0 && errno == EINTR) {
  }
  return entry.revents;
}

/// Closes a TCP socket in such a way that the other side gets a reset instead of an end.
inline void reset(int descriptor) noexcept {
  const ::linger at_once{1, 0};
  ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(descriptor);
}

inline void speak_only(::SSL_CTX* context, int version) noexcept {
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
}

/// Passes on what a call answered, once OpenSSL's error queue is known to be empty.
template <typename Answer>
[[nodiscard]] Answer clean(Answer answer) {
  CHECK(::ERR_peek_error() == 0);
  return answer;
}

/// A server of which bytes come and go when the test says so, and as many.
class Peer {
 public:
  using Side = tlsmode::Connection<tlsmode::Server, tlsmode::MemoryTransport>;

  Peer(int descriptor, int version)
      : descriptor_{descriptor}, context_{context_for(version)}, connection{context_, tlsmode::MemoryTransport{}} {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  /// Takes what has come from the socket, at most `most` bytes. Returns: how many.
  std::size_t take(std::size_t most = unlimited) noexcept {
    std::byte buffer[16384];
    const ::ssize_t got = ::recv(descriptor_, buffer, std::min(most, sizeof buffer), MSG_DONTWAIT);
    if (got == 0) connection.transport().end_input();
    if (got <= 0) return 0;
    return connection.transport().add_input(std::span{buffer}.first(static_cast<std::size_t>(got)))
               ? static_cast<std::size_t>(got)
               : 0;
  }
  /// Gives the socket what TLS has for it, at most `most` bytes. Returns: how many it took.
  std::size_t give(std::size_t most = unlimited) noexcept {
    const std::span<const std::byte> all = connection.transport().output();
    if (all.empty() || most == 0) return 0;
    const ::ssize_t sent = ::send(descriptor_, all.data(), std::min(most, all.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) return 0;
    connection.transport().drop_output(static_cast<std::size_t>(sent));
    return static_cast<std::size_t>(sent);
  }
  [[nodiscard]] std::size_t waiting() noexcept { return connection.transport().output().size(); }

  /// Waits for input, and goes on with the handshake; keeps what it has to say to itself.
  [[nodiscard]] IoStatus hear_flight() noexcept {
    if (await(descriptor_, POLLIN) == 0) return IoStatus::failed;
    take();
    return connection.handshake();
  }
  /// The whole handshake, by itself: for a peer in a process of its own.
  bool shake_hands() noexcept {
    for (int flight = 0; flight != 100; ++flight) {
      const IoStatus status = hear_flight();
      give();
      if (status != IoStatus::want_read) return status == IoStatus::done;
    }
    return false;
  }
  /// Reads to the end. Returns: closed or truncated; failed.
  IoStatus hear_end() noexcept {
    while (true) {
      std::byte buffer[4096];
      const IoStatus status = connection.read(buffer).status;
      if (status != IoStatus::done && status != IoStatus::want_read) return status;
      if (status == IoStatus::want_read && await(descriptor_, POLLIN) == 0) return IoStatus::failed;
      take();
    }
  }
  void say(std::string_view text) noexcept { static_cast<void>(connection.write(text)); }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  void close() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  void reset() noexcept {
    faults::reset(descriptor_);
    descriptor_ = -1;
  }

 private:
  [[nodiscard]] static tlsmode::Context<tlsmode::Server> context_for(int version) {
    tlsmode::Context<tlsmode::Server> context{tlsmode_tests::identity_of(tlsmode_tests::default_server())};
    speak_only(context.native_handle(), version);
    return context;
  }

  int descriptor_;
  tlsmode::Context<tlsmode::Server> context_;

 public:
  Side connection;
};

/// The client under test, by one write rule, over a socket.
template <tlsmode::WriteRule Rule>
class Subject {
 public:
  using Policy = tlsmode_tests::WithRule<tlsmode::Client, Rule>;
  using Connection = tlsmode::Connection<Policy>;

  Subject(int connected, int version)
      : descriptor{connected},
        context{context_for(version)},
        connection{context, tlsmode::Socket{connected}, tlsmode::PeerName{"server.example"}} {}

  /// Writes as much of `text` as leaves, once. Returns: done when it has left, or is gathered and then flushed.
  [[nodiscard]] IoStatus put(std::string_view text) {
    const tlsmode::WriteResult result = clean(connection.write(text));
    return result.status == IoStatus::done ? clean(connection.flush()) : result.status;
  }

  /// Writes more than the socket takes; with a manual rule, the write is pending then.
  void congest(std::string_view plenty) {
    tlsmode::WriteResult result{IoStatus::done, 0};
    for (int part = 0; part != 10'000 && result.status == IoStatus::done; ++part)
      result = clean(connection.write(plenty));
    REQUIRE(result == tlsmode::WriteResult{IoStatus::want_write, 0});
  }

  /// Goes on with what congest() left.
  [[nodiscard]] tlsmode::WriteResult go_on([[maybe_unused]] std::string_view plenty) {
    if constexpr (tlsmode::BuffersWrites<Policy>) {
      return {clean(connection.flush()), 0};
    } else if constexpr (tlsmode::AllowsMovedBuffer<Policy>) {
      return clean(connection.retry(plenty));
    } else {
      return clean(connection.retry());
    }
  }

  const int descriptor;
  tlsmode::Context<Policy> context;
  Connection connection;

 private:
  [[nodiscard]] static tlsmode::Context<Policy> context_for(int version) {
    tlsmode::Context<Policy> made{tlsmode_tests::trust_in(tlsmode_tests::default_authority())};
    speak_only(made.native_handle(), version);
    return made;
  }
};

/// Both sides in one process. Returns: whether both are done, and all the server had to say is on its way.
template <typename Client>
[[nodiscard]] bool shake_hands(Client& client, Peer& peer) {
  IoStatus ours = IoStatus::want_read;
  IoStatus theirs = IoStatus::want_read;
  for (int round = 0; round != 1'000; ++round) {
    if (ours != IoStatus::done) ours = clean(client.connection.handshake());
    if (peer.take() != 0 && theirs != IoStatus::done) theirs = clean(peer.connection.handshake());
    peer.give();
    if (ours == IoStatus::failed || theirs == IoStatus::failed) return false;
    if (ours == IoStatus::done && theirs == IoStatus::done && peer.waiting() == 0) return true;
    ::pollfd both[2] = {{ours != IoStatus::done ? client.descriptor : -1, POLLIN, 0},
                        {theirs != IoStatus::done ? peer.descriptor() : -1, POLLIN, 0}};
    if (::poll(both, 2, patience) <= 0) return false;
  }
  return false;
}

/// Writes all of `text` to a peer that reads. Returns: what has arrived there.
template <typename Client>
[[nodiscard]] std::string carry_over(Client& client, Peer& peer, std::string_view text) {
  std::string arrived;
  const auto make_way = [&] {
    REQUIRE(await(peer.descriptor(), POLLIN) != 0);
    peer.take();
    arrived += tlsmode_tests::hear(peer.connection).text;
  };
  REQUIRE(clean(tlsmode_tests::say(client.connection, text, make_way)) == IoStatus::done);
  while (arrived.size() < text.size()) make_way();
  return arrived;
}

}  // namespace faults

#endif
