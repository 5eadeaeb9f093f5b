// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_CORE_HPP
#define TLSMODE_ENGINE_CHANNEL_CORE_HPP

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/engine/channel_setup.hpp>
#include <tlsmode/engine/key_shares.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/error/failure.hpp>
#include <tlsmode/mode_set.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// Empties this thread's error queue: a stale entry would turn WANT_READ into an error. A look costs less than clearing.
inline void clear_stale_errors() noexcept {
  if (::ERR_peek_error() != 0) [[unlikely]] {
    ::ERR_clear_error();
  }
}

/// How far a connection has come. `ended`: the peer ended it during the handshake, the stream or TLS itself. Moving it away
/// leaves `empty` behind.
class Phase {
 public:
  enum Value : unsigned char { handshaking, established, ended, broken, empty };

  constexpr Phase(Value value) noexcept : value_{value} {}
  constexpr Phase(Phase&& other) noexcept : value_{other.value_} { other.value_ = empty; }
  constexpr Phase& operator=(Phase&& other) noexcept {
    const Value moved = other.value_;
    other.value_ = empty;
    value_ = moved;
    return *this;
  }
  constexpr operator Value() const noexcept { return value_; }

 private:
  Value value_;
};

/// what a channel is whatever its policy and transport: the SSL, how far it has come, and what went wrong last.
class ChannelCore {
 public:
  [[nodiscard]] std::string_view version() const noexcept {
    return ssl_ && ::SSL_get_current_cipher(ssl_.get()) != nullptr ? ::SSL_get_version(ssl_.get()) : std::string_view{};
  }
  [[nodiscard]] const Error& error() const noexcept { return error_; }
  void note(const Error& error) noexcept { error_ = error; }
  [[nodiscard]] SSL* native_handle() const noexcept { return ssl_.get(); }

  ModeSet add_modes(ModeSet extra) noexcept {
    if (ssl_ && ::SSL_in_before(ssl_.get()) != 0) {
      SSL_set_mode(ssl_.get(), static_cast<long>(extra.bits()));
    }
    return modes();
  }
  [[nodiscard]] ModeSet modes() const noexcept {
    return ssl_ ? ModeSet::from_bits(static_cast<std::uint32_t>(SSL_get_mode(ssl_.get()))) : ModeSet{};
  }

 protected:
  explicit ChannelCore(SslHandle ssl) noexcept : ssl_{std::move(ssl)} {}

  /// The handshake is done: what only it needed can go.
  void establish(bool keep_key_shares) noexcept {
    phase_ = Phase::established;
    if (!keep_key_shares) {
      drop_key_shares(ssl_.get());
    }
  }

  [[nodiscard]] IoStatus refuse(Operation operation, std::string_view message, std::string_view remedy) noexcept {
    clear_stale_errors();
    error_ = Error{{.kind = ErrorKind::misuse, .operation = operation, .message = message, .remedy = remedy}};
    return IoStatus::write_pending;
  }

  /// The answer of a connection that can do no more: the end of the handshake again, or the failure.
  [[nodiscard]] IoStatus refuse_dead(Operation operation) noexcept {
    if (phase_ == Phase::ended) {
      return peer_end_;
    }
    if (phase_ == Phase::empty) {
      static_cast<void>(refuse(operation, "this connection was moved from", "use the one it was moved to"));
    }
    return IoStatus::failed;  // a broken connection keeps the error that broke it
  }

  /// The input has ended without close_notify. Writing goes on, if the handshake is behind us.
  [[nodiscard]] IoStatus end_truncated(Operation operation) noexcept {
    ::ERR_clear_error();
    error_ = Error{{.operation = operation,
                    .message = phase_ == Phase::handshaking
                                   ? "the peer ended the stream during the handshake"
                                   : "the peer ended the stream without close_notify: data may be missing"}};
    if (peer_end_ == IoStatus::done) {  // a close that came before stays one
      peer_end_ = IoStatus::truncated;
    }
    if (phase_ == Phase::handshaking) {
      phase_ = Phase::ended;
    }
    return IoStatus::truncated;
  }

  [[nodiscard]] IoStatus end_closed(Operation operation) noexcept {
    ::ERR_clear_error();
    peer_end_ = IoStatus::closed;
    if (phase_ == Phase::handshaking) {
      error_ = Error{{.operation = operation, .message = "the peer said close_notify during the handshake"}};
      phase_ = Phase::ended;
    }
    return IoStatus::closed;
  }

  [[nodiscard]] IoStatus fail(const Error& error) noexcept {
    error_ = error;
    phase_ = Phase::broken;
    return IoStatus::failed;
  }

  /// Turns what OpenSSL answered into a status, and its error queue into error().
  /// `ended`: the input has ended. `transport_error`: errno of the transport; 0 if it did not fail.
  [[nodiscard]] IoStatus settle_answer(int returned, Operation operation, bool ended, int transport_error) noexcept {
    const int system_error = errno;
    int answer = ::SSL_get_error(ssl_.get(), returned);
    if (answer == SSL_ERROR_ZERO_RETURN && peer_end_ != IoStatus::done) {
      answer = SSL_ERROR_SYSCALL;  // OpenSSL remembers the end, and takes a failure to send for it
    }
    switch (answer) {
      case SSL_ERROR_WANT_READ: return ended ? end_of_input(operation, transport_error) : IoStatus::want_read;
      case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
      case SSL_ERROR_WANT_X509_LOOKUP:
      case SSL_ERROR_WANT_CLIENT_HELLO_CB:
      case SSL_ERROR_WANT_RETRY_VERIFY:
      case SSL_ERROR_WANT_ASYNC:
      case SSL_ERROR_WANT_ASYNC_JOB: return IoStatus::want_decision;
      case SSL_ERROR_ZERO_RETURN: return ended ? end_truncated(operation) : end_closed(operation);
      case SSL_ERROR_SSL:
      case SSL_ERROR_SYSCALL: {
        if (detail::is_unexpected_end()) {  // the native engine's: OpenSSL itself has seen it, and takes no more calls
          const IoStatus end = end_of_input(operation, transport_error);
          if (phase_ == Phase::established) {
            phase_ = Phase::broken;
          }
          return end;
        }
        const int reason = transport_error != 0 ? transport_error : system_error;
        const int shown = answer == SSL_ERROR_SYSCALL ? detail::system_error_of(reason) : 0;
        return fail(detail::failure_of(ssl_.get(), operation, shown));
      }
      default:
        return fail(Error{{.kind = ErrorKind::misuse,
                           .operation = operation,
                           .message = "OpenSSL waits for something that this library does not know",
                           .remedy = "drive such an SSL through native_handle()"}});
    }
  }

  SslHandle ssl_;
  Error error_{};
  IoStatus peer_end_ = IoStatus::done;  // closed or truncated, once the input has ended
  Phase phase_ = Phase::handshaking;

 private:
  /// A handshake that could not be sent fails for that reason; that the peer is gone (EPIPE) says no more than the end.
  [[nodiscard]] IoStatus end_of_input(Operation operation, int transport_error) noexcept {
    const bool could_not_send = transport_error != 0 && transport_error != EPIPE && phase_ == Phase::handshaking;
    return could_not_send ? fail(detail::failure_of(ssl_.get(), operation, transport_error)) : end_truncated(operation);
  }
};

}  // namespace tlsmode::engine

#endif
