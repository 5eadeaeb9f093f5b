// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_HANDSHAKE_HPP
#define TLSMODE_ENGINE_CHANNEL_HANDSHAKE_HPP

#include <cerrno>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/engine/channel_core.hpp>
#include <tlsmode/engine/channel_setup.hpp>
#include <tlsmode/engine/elastic_engine.hpp>
#include <tlsmode/engine/engine.hpp>
#include <tlsmode/engine/record_sizer.hpp>
#include <tlsmode/engine/resumed_peer.hpp>
#include <tlsmode/engine/writer.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/error/failure.hpp>
#include <tlsmode/peer_name.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode::engine {

class NativeEngine;  // <tlsmode/kernel_tls.hpp>: few need it, and nobody else shall wait for it

template <PolicyType Policy, TransportType Transport>
using EngineOf = std::conditional_t<Policy::kernel_tls, NativeEngine, ElasticEngine<Transport>>;

template <typename T>
concept IsComplete = requires { sizeof(T); };

/// What reading and writing have in common: the SSL on its engine, the handshake, and what is done after a call.
template <PolicyType Policy, TransportType Transport>
class ChannelHandshake : public ChannelCore {
 protected:
  using Engine = EngineOf<Policy, Transport>;
  static_assert(EngineType<Engine, RecordSizer<Policy>>);

 public:
  ChannelHandshake(SslHandle ssl, Transport&& transport, const PeerName* peer)
      : ChannelCore{std::move(ssl)}, engine_{std::move(transport)} {
    set_up_channel<Policy>(ssl_.get(), peer);
    if (!engine_.attach(ssl_.get())) {
      refuse_connection("no memory for the transport's BIO");
    }
    if (::SSL_is_init_finished(ssl_.get()) != 0) {
      establish(Policy::keep_key_shares);
    }
  }

  [[nodiscard]] IoStatus handshake(Operation operation) noexcept {
    if (phase_ != Phase::handshaking && phase_ != Phase::established) {
      return refuse_dead(operation);
    }
    clear_stale_errors();
    engine_.start_read();
    const int returned = engine_.handshake(ssl_.get());
    const IoStatus status = returned == 1 ? finish_handshake(operation) : settle(returned, operation);
    if (status != IoStatus::done && status != IoStatus::want_read) {
      return status;
    }
    const IoStatus sent = engine_.drain(ssl_.get());  // the peer cannot answer what it has not got
    if (status == IoStatus::done) {
      release_idle_buffers();
    }
    return sent == IoStatus::done ? status : explain({sent}, operation);
  }

  [[nodiscard]] Transport& transport() noexcept { return engine_.transport(); }

 protected:
  /// Nothing more to read or to write, as far as can be seen: OpenSSL's buffers can go.
  void release_buffers() noexcept {
    if constexpr (Policy::buffers == Buffers::adaptive) {
      engine_.release_buffers(ssl_.get());
    }
  }
  /// As release_buffers(), at the end of a call that has not found the input dry itself. Not on a transport that waits: its
  /// caller sits in its reads, and has no idle connections.
  void release_idle_buffers() noexcept {
    if (engine_.has_been_dry()) {
      release_buffers();
    }
  }

  [[nodiscard]] IoStatus settle(int returned, Operation operation) noexcept {
    if (engine_.budget().spent()) [[unlikely]] {
      return refuse_flood(operation);
    }
    const IoStatus status = settle_answer(returned, operation, engine_.ended(), engine_.system_error());
    if (status == IoStatus::failed) {
      static_cast<void>(engine_.drain(ssl_.get()));  // our alert, if there is one
      ::ERR_clear_error();
    }
    return status;
  }

  /// As settle(), for a write that a renegotiation holds up: the peer answers only what it has got.
  [[nodiscard]] IoStatus settle_write(int returned, Operation operation) noexcept {
    const IoStatus status = settle(returned, operation);
    const bool flight_waits = status == IoStatus::want_read && engine_.drain(ssl_.get()) == IoStatus::want_write;
    return flight_waits ? IoStatus::want_write : status;
  }

  /// Makes error() of a failure that has none yet: the transport could not send, or there was no memory. What OpenSSL or
  /// the peer has said stays, and what the peer has said in vain is heard: its alert tells why nobody takes our bytes.
  [[nodiscard]] IoStatus explain(const Written& result, Operation operation) noexcept {
    if (result.status != IoStatus::failed || result.settled || phase_ == Phase::broken || phase_ == Phase::empty)
        [[likely]] {
      return result.status;
    }
    const int known = result.reason != 0 ? result.reason : engine_.system_error();
    const int reason = detail::system_error_of(known != 0 ? known : errno);
    error_ = detail::failure_of(ssl_.get(), operation, reason);
    if (result.reason == 0) {
      hear_alert(operation);
    }
    if constexpr (!Engine::sends_whole_batches) {
      if (result.reason == 0) {
        phase_ = Phase::broken;  // OpenSSL itself could not send, and survives no more calls
      }
    }
    return IoStatus::failed;
  }

  Engine engine_;

 private:
  /// The peer keeps this side busy with what is no data: that is not waited out, however fast it comes.
  [[nodiscard]] IoStatus refuse_flood(Operation operation) noexcept {
    ::ERR_clear_error();
    const bool asks = engine_.budget().too_many_answers();
    const bool is_tls13 = ::SSL_version(ssl_.get()) >= TLS1_3_VERSION;
    return fail(Error{{.operation = operation,
                       .message = phase_ == Phase::handshaking ? "too many records without an end of the handshake"
                                  : !asks    ? "too many KeyUpdates, tickets or empty records without data"
                                  : is_tls13 ? "too many KeyUpdates without data: each asks for an answer"
                                             : "too many renegotiations without data",
                       .remedy = "the peer is at fault, or hostile: end the connection"}});
  }

  /// A handshake is done, perhaps one that was resumed, which verifies nobody.
  [[nodiscard]] IoStatus finish_handshake(Operation operation) noexcept {
    if (phase_ == Phase::established) {
      return IoStatus::done;
    }
    if (const long result = check_resumed_peer(ssl_.get()); result != X509_V_OK) [[unlikely]] {
      return fail(detail::refused_session(ssl_.get(), operation, result));
    }
    establish(Policy::keep_key_shares);
    return IoStatus::done;
  }

  /// Looks at what has come, as far as the next data, for an alert. Data stay to be read.
  void hear_alert(Operation operation) noexcept {
    if (phase_ != Phase::established || peer_end_ != IoStatus::done || ::SSL_in_init(ssl_.get()) != 0 ||
        engine_.receive_may_wait()) {
      return;
    }
    int returned = 0;
    do {
      std::byte next[1];
      std::size_t bytes = 0;
      engine_.start_read();
      returned = engine_.read(ssl_.get(), next, bytes, &::SSL_peek_ex);
    } while (returned != 1 && !engine_.dry() && !engine_.ended() && !engine_.budget().spent() &&
             ::SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_READ);
    if (returned != 1 && detail::alert_of(::ERR_peek_error()) >= 0) {
      static_cast<void>(fail(detail::failure_of(ssl_.get(), operation, 0)));
    }
    ::ERR_clear_error();
  }
};

}  // namespace tlsmode::engine

#endif
