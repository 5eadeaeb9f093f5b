// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_ANY_CONNECTION_HPP
#define TLSMODE_TESTS_FUZZ_ANY_CONNECTION_HPP

// A connection of any role, write rule, transport and engine, chosen at run time.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/error.hpp>
#include <tlsmode/pending_write.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

#include "support/raw_pair.hpp"
#include "support/wire.hpp"

namespace tlsmode_tests {

class AnyConnection {
 public:
  virtual ~AnyConnection() = default;
  [[nodiscard]] virtual tlsmode::IoStatus handshake() = 0;
  [[nodiscard]] virtual tlsmode::ReadResult read(std::span<char> to) = 0;
  [[nodiscard]] virtual tlsmode::WriteResult write(std::string_view bytes) = 0;
  [[nodiscard]] virtual tlsmode::WriteResult retry(std::string_view bytes) = 0;  // in place: `bytes` are not looked at
  [[nodiscard]] virtual std::size_t cancel_write() = 0;
  [[nodiscard]] virtual tlsmode::IoStatus flush() = 0;
  [[nodiscard]] virtual tlsmode::IoStatus shutdown() = 0;
  [[nodiscard]] virtual tlsmode::IoStatus update_keys(bool ask_peer) = 0;
  virtual void move() = 0;  // to another object and back
  [[nodiscard]] virtual tlsmode::PendingWrite pending_write() const = 0;
  [[nodiscard]] virtual bool wants_write() const = 0;
  [[nodiscard]] virtual bool has_input() const = 0;
  [[nodiscard]] virtual const tlsmode::Error& error() const = 0;
  [[nodiscard]] virtual ::SSL* native_handle() const = 0;

  [[nodiscard]] virtual bool buffers() const = 0;
  [[nodiscard]] virtual bool moves() const = 0;  // retry() takes bytes
  [[nodiscard]] virtual bool is_partial() const = 0;
};

/// How many kinds of connections there are: rules, transports, engines and sizes.
inline constexpr unsigned kinds = 16;

/// An SSL that has not begun, with the context of a connection of that kind, and BIOs over `end`, which outlives it.
[[nodiscard]] SslHandle make_ssl(tlsmode::Role role, unsigned kind, WireEnd& end);

/// A connection over `end`: a new one, or one that adopts `ssl`.
[[nodiscard]] std::unique_ptr<AnyConnection> make_connection(tlsmode::Role role, unsigned kind, WireEnd& end,
                                                             SslHandle ssl = nullptr);

}  // namespace tlsmode_tests

#endif
