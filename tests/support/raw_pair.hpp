// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_RAW_PAIR_HPP
#define TLSMODE_TESTS_SUPPORT_RAW_PAIR_HPP

// A client and a server of the raw C API in one thread, over a wire in memory that blocks, ends and fails on demand.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include "support/certificates.hpp"
#include "support/unlimited.hpp"

namespace tlsmode_tests {

/// One way of the wire: what its writer may do, what its reader sees, and what happened so far.
struct Direction {
  std::size_t budget = unlimited;  // bytes it still accepts; then the writer is told to wait
  bool ended = false;              // after the bytes in flight the reader sees the end of the stream
  int write_errno = 0;             // not 0: every write fails with it
  int read_errno = 0;              // not 0: every read fails with it
  bool datagrams = false;          // keeps message boundaries, as UDP does; a datagram over the budget is refused whole

  std::size_t write_calls = 0;
  std::size_t blocked_writes = 0;
  std::size_t read_calls = 0;
  std::size_t blocked_reads = 0;
  std::string delivered;               // every byte accepted since the start; tests may edit those in flight
  std::size_t taken = 0;               // how many of them the reader has
  std::deque<std::size_t> boundaries;  // sizes of the datagrams in flight

  [[nodiscard]] std::size_t in_flight() const noexcept { return delivered.size() - taken; }
};

using BioHandle = std::unique_ptr<::BIO, FreeWith<&::BIO_free>>;
using ContextHandle = std::unique_ptr<::SSL_CTX, FreeWith<&::SSL_CTX_free>>;
using SslHandle = std::unique_ptr<::SSL, FreeWith<&::SSL_free>>;

/// A BIO that reads from `incoming` and writes to `outgoing`. Both must outlive it.
[[nodiscard]] BioHandle make_wire_bio(Direction& incoming, Direction& outgoing);

/// How to make a pair. Modes and options apply to both contexts, before the connections are made.
struct PairOptions {
  int version = TLS1_3_VERSION;  // the only version offered; TLS1_2_VERSION, DTLS1_2_VERSION
  std::uint64_t modes = 0;       // added to OpenSSL's default
  std::uint64_t cleared_modes = 0;
  std::uint64_t options = 0;
  std::size_t tickets = 0;  // TLS 1.3 tickets the server sends after the handshake; OpenSSL's own default is 2
  std::function<void(::SSL_CTX* client, ::SSL_CTX* server)> configure = nullptr;  // last word
};

/// A client that verifies "server.example" against default_authority(), and that server. Neither has begun a handshake.
class RawPair {
 public:
  explicit RawPair(const PairOptions& options = {});
  RawPair(const RawPair&) = delete;  // the wire's BIOs point into this object
  RawPair& operator=(const RawPair&) = delete;

  [[nodiscard]] ::SSL* client() const noexcept { return client_.get(); }
  [[nodiscard]] ::SSL* server() const noexcept { return server_.get(); }
  [[nodiscard]] ::SSL_CTX* client_context() const noexcept { return client_context_.get(); }
  [[nodiscard]] ::SSL_CTX* server_context() const noexcept { return server_context_.get(); }

  /// Drives both sides until both are done. False when one fails or neither can go on; the error queue is empty after it.
  [[nodiscard]] bool handshake();

  /// Hands the client to the caller, for code that adopts an SSL. The wire stays here, so this pair must outlive it.
  [[nodiscard]] SslHandle release_client() noexcept { return std::move(client_); }
  [[nodiscard]] SslHandle release_server() noexcept { return std::move(server_); }

  Direction to_server;
  Direction to_client;

 private:
  ContextHandle client_context_;
  ContextHandle server_context_;
  SslHandle client_;
  SslHandle server_;
};

/// What a call of the C API said.
struct Outcome {
  int result = 0;  // what SSL_read, SSL_write … returned
  int error = 0;   // SSL_get_error
  int reason = 0;  // SSL_R_… of the oldest queue entry, or 0; the queue is empty again
};

/// SSL_write with an empty queue before and after.
Outcome write(::SSL* ssl, std::string_view bytes);
/// SSL_read of at most `size` bytes, appended to `into`; empty queue before and after.
Outcome read(::SSL* ssl, std::string& into, std::size_t size = 16384);
/// Everything that can be read now, and how reading ended.
Outcome read_all(::SSL* ssl, std::string& into);
/// Any call, with an empty queue before and after.
Outcome call(::SSL* ssl, const std::function<int()>& function);

/// One TLS record on the wire.
struct Record {
  int type;          // SSL3_RT_…; TLS 1.3 disguises almost all as SSL3_RT_APPLICATION_DATA
  std::size_t size;  // payload as it travels, without the 5-byte header
};
/// The complete TLS records in `wire`, which begins at a record.
[[nodiscard]] std::vector<Record> records_in(std::string_view wire);

}  // namespace tlsmode_tests

#endif
