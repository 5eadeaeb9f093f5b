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

/// How far a connection has come. Moving it away leaves `empty` behind.
class Phase {
 public:
  enum Value : unsigned char { handshaking, established, broken, empty };

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

  [[nodiscard]] IoStatus refuse_dead(Operation operation) noexcept {
    if (phase_ == Phase::empty) {
      static_cast<void>(refuse(operation, "this connection was moved from", "use the one it was moved to"));
    }
    return IoStatus::failed;  // a broken connection keeps the error that broke it
  }

  [[nodiscard]] IoStatus end_truncated(Operation operation) noexcept {
    error_ = Error{{.operation = operation,
                    .message = phase_ == Phase::handshaking
                                   ? "the peer ended the stream during the handshake"
                                   : "the peer ended the stream without close_notify: data may be missing"}};
    if (peer_end_ == IoStatus::done) {  // a close that came before stays one
      peer_end_ = IoStatus::truncated;
    }
    return IoStatus::truncated;
  }

  /// Turns what OpenSSL answered into a status, and its error queue into error().
  /// `ended`: OpenSSL was told of the end of the stream. `transport_error`: errno of the transport; 0 if it did not fail.
  [[nodiscard]] IoStatus settle_answer(int returned, Operation operation, bool ended, int transport_error) noexcept {
    const int system_error = errno;
    int answer = ::SSL_get_error(ssl_.get(), returned);
    if (answer == SSL_ERROR_ZERO_RETURN && peer_end_ == IoStatus::closed) {
      answer = SSL_ERROR_SYSCALL;  // OpenSSL remembers the close, and takes a failure to send for it
    }
    switch (answer) {
      case SSL_ERROR_WANT_READ: return IoStatus::want_read;
      case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
      case SSL_ERROR_ZERO_RETURN:
        if (ended) {  // SSL_OP_IGNORE_UNEXPECTED_EOF makes OpenSSL take the end for a close
          return end_truncated(operation);
        }
        ::ERR_clear_error();
        return peer_end_ = IoStatus::closed;
      case SSL_ERROR_SSL:
      case SSL_ERROR_SYSCALL: {
        const bool from_system = answer == SSL_ERROR_SYSCALL && ::ERR_peek_error() == 0;
        const bool has_ended = detail::is_unexpected_end() || (from_system && ended);
        const bool was_reset = transport_error != 0 && transport_error != EPIPE;  // EPIPE: no more than the end itself
        const bool could_not_send = has_ended && was_reset && phase_ == Phase::handshaking;
        const bool is_end = has_ended && !could_not_send;
        if (is_end) {
          static_cast<void>(end_truncated(operation));
        } else if (could_not_send) {
          error_ = detail::failure_of(ssl_.get(), operation, transport_error);
        } else {
          const int reason = transport_error != 0 ? transport_error : system_error;
          error_ = detail::failure_of(ssl_.get(), operation,
                                      answer == SSL_ERROR_SYSCALL ? detail::system_error_of(reason) : 0);
        }
        phase_ = Phase::broken;
        return is_end ? IoStatus::truncated : IoStatus::failed;
      }
      default:
        error_ = Error{{.kind = ErrorKind::misuse,
                        .operation = operation,
                        .message = "OpenSSL paused for a callback or an asynchronous engine",
                        .remedy = "drive such an SSL through native_handle()"}};
        return IoStatus::failed;
    }
  }

  /// Makes error() of a failure to send that OpenSSL's answers do not show.
  void note_send_failure(Operation operation, int transport_error) noexcept {
    const int reason = transport_error != 0 ? transport_error : errno;
    error_ = detail::failure_of(ssl_.get(), operation, detail::system_error_of(reason));
  }

  SslHandle ssl_;
  Error error_{};
  IoStatus peer_end_ = IoStatus::done;  // closed or truncated, once the input has ended
  Phase phase_ = Phase::handshaking;
  bool close_sent_ = false;        // this side has begun to say close_notify
  bool key_update_waits_ = false;  // update_keys() answered that it waits, and is asked again
};

}  // namespace tlsmode::engine

#endif
