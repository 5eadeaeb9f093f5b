// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_HANDSHAKE_HPP
#define TLSMODE_ENGINE_CHANNEL_HANDSHAKE_HPP

#include <type_traits>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/engine/channel_core.hpp>
#include <tlsmode/engine/channel_setup.hpp>
#include <tlsmode/engine/elastic_engine.hpp>
#include <tlsmode/error.hpp>
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
    engine_.begin_flight();
    const int returned = ::SSL_do_handshake(ssl_.get());
    engine_.end_flight();
    const IoStatus status = returned == 1 ? IoStatus::done : settle(returned, operation);
    if (status == IoStatus::done) {
      establish(Policy::keep_key_shares);
    }
    if (status != IoStatus::done && status != IoStatus::want_read) {
      return status;
    }
    const IoStatus sent = engine_.drain(ssl_.get());  // the peer cannot answer what it has not got
    if (status == IoStatus::done) {
      release_idle_buffers();
    }
    return sent == IoStatus::done ? status : note_failure(sent, operation);
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
  /// caller sits in his reads, and has no idle connections.
  void release_idle_buffers() noexcept {
    if (engine_.has_been_dry()) {
      release_buffers();
    }
  }

  [[nodiscard]] IoStatus settle(int returned, Operation operation) noexcept {
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

  IoStatus note_failure(IoStatus status, Operation operation) noexcept {
    if (status == IoStatus::failed && phase_ != Phase::broken) [[unlikely]] {
      note_send_failure(operation, engine_.system_error());
      if constexpr (!Engine::sends_whole_batches) {
        phase_ = Phase::broken;  // OpenSSL itself could not send, and bears no more calls
      }
    }
    return status;
  }

  Engine engine_;
};

}  // namespace tlsmode::engine

#endif
