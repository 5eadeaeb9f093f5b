// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_HPP
#define TLSMODE_ENGINE_CHANNEL_HPP

#include <cstddef>
#include <span>

#include <openssl/ssl.h>

#include <tlsmode/engine/channel_output.hpp>
#include <tlsmode/error_facts.hpp>
#include <tlsmode/mode.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode::engine {

/// What Connection is made of: the writing half, and here the reading one.
template <PolicyType Policy, TransportType Transport>
class Channel : public ChannelOutput<Policy, Transport> {
  using Output = ChannelOutput<Policy, Transport>;
  using Output::engine_, Output::writer_, Output::ssl_, Output::phase_, Output::peer_end_, Output::reads_once_;

 public:
  using Output::handshake, Output::flush, Output::pending_write, Output::modes;
  using Output::Output;

  [[nodiscard]] ReadResult read(std::span<std::byte> to) noexcept {
    if (phase_ != Phase::established || peer_end_ != IoStatus::done || to.empty()) [[unlikely]] {
      if (const IoStatus status = prepare_read(to); status != IoStatus::done || to.empty()) {
        return {status, 0};
      }
    }
    clear_stale_errors();
    if (writer_.holds_output() && !has_input() && engine_.receive_may_wait()) {  // the answer may be waited for
      if (const IoStatus status = flush(Operation::read); status != IoStatus::done) {
        return {status, 0};
      }
    }
    while (true) {
      if (output_comes_first()) [[unlikely]] {
        if (const IoStatus status = engine_.drain(ssl_.get()); status != IoStatus::done) {
          return {this->explain({status}, Operation::read), 0};
        }
      }
      engine_.start_read();
      std::size_t bytes = 0;
      const int returned = engine_.read(ssl_.get(), to, bytes);
      if (returned == 1) [[likely]] {
        engine_.budget().note_data();
        if (reads_once_) {
          this->release_idle_buffers();
        }
        return {IoStatus::done, bytes};
      }
      if (returned == not_asked) {
        return {after_dry_read(), 0};
      }
      const IoStatus status = this->settle(returned, Operation::read);
      if (status != IoStatus::want_read) {
        return {status, 0};
      }
      if (!may_go_on_reading()) {
        return {after_dry_read(), 0};
      }
    }
  }

  [[nodiscard]] bool wants_write() const noexcept {
    if (ssl_ && ::SSL_in_init(ssl_.get()) != 0) {  // a write that waits for the handshake waits for what that waits for
      return engine_.output_size() != 0 || SSL_want_write(ssl_.get());
    }
    return engine_.output_size() != 0 || writer_.holds_output() || pending_write().length != 0;
  }
  /// Whether read() would look for input now. It does not while output has to leave first, nor after the end.
  [[nodiscard]] bool wants_read() const noexcept {
    return (phase_ == Phase::handshaking || phase_ == Phase::established) && peer_end_ == IoStatus::done &&
           !output_comes_first() && !SSL_want_write(ssl_.get());
  }
  [[nodiscard]] bool has_input() const noexcept {
    return ssl_ && (engine_.input_waits() || ::SSL_pending(ssl_.get()) > 0);
  }

 private:
  static constexpr std::size_t most_output = 2 * Policy::batch_size + 64 * 1024;  // bytes of ciphertext

  /// What the peer makes us send and does not read is bounded; and OpenSSL may not survive a read before a write is over.
  [[nodiscard]] bool output_comes_first() const noexcept {
    return engine_.output_size() > most_output || engine_.must_finish_write_first(ssl_.get());
  }

  /// Returns: done if a read may go on; else what read has to answer.
  [[nodiscard]] IoStatus prepare_read(std::span<std::byte> to) noexcept {
    clear_stale_errors();
    if (phase_ != Phase::empty && peer_end_ != IoStatus::done) {
      return peer_end_;
    }
    if (phase_ == Phase::handshaking && !to.empty()) {
      return handshake(Operation::read);
    }
    return phase_ == Phase::broken || phase_ == Phase::empty ? this->refuse_dead(Operation::read) : IoStatus::done;
  }

  /// After WANT_READ: whether the transport may have more, and asking for it cannot wait against the policy's will.
  [[nodiscard]] bool may_go_on_reading() const noexcept {
    return !engine_.dry() &&
           (engine_.input_waits() || modes().contains(Mode::auto_retry) || !engine_.receive_may_wait());
  }

  /// There is nothing to read: the moment to send what is held.
  [[nodiscard]] IoStatus after_dry_read() noexcept {
    this->release_buffers();
    if (engine_.output_size() == 0 && !writer_.holds_output()) [[likely]] {
      return IoStatus::want_read;
    }
    const IoStatus sent = flush(Operation::read);
    if (!would_block(sent)) {
      return sent == IoStatus::done ? IoStatus::want_read : sent;
    }
    const bool handshakes = ::SSL_in_init(ssl_.get()) != 0;  // a renegotiation: then the flush, too, may wait for input
    const bool has_to_wait = handshakes ? sent == IoStatus::want_read : pending_write().length != 0;  // for the caller
    return has_to_wait ? IoStatus::want_read : IoStatus::want_write;
  }
};

}  // namespace tlsmode::engine

#endif
