// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_NATIVE_ENGINE_HPP
#define TLSMODE_ENGINE_NATIVE_ENGINE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <fcntl.h>

#include <openssl/ssl.h>

#include <tlsmode/engine/commit.hpp>
#include <tlsmode/native_bio.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// OpenSSL over a BIO that is not ours, where its write rule is real: what SSL_write could not send is pending inside
/// OpenSSL. One record goes into each SSL_write, so that a block means "exactly this record is committed"; the engine
/// carries its address and length and is the only one to retry it.
/// While a record is pending, reads keep to what OpenSSL survives: see must_finish_write_first().
class NativeEngine {
 public:
  static constexpr bool sends_whole_batches = false;

  explicit NativeEngine(NativeBio&& transport) : transport_{std::move(transport)} {}
  NativeEngine(NativeEngine&& other) noexcept
      : transport_{std::move(other.transport_)}, pending_{std::exchange(other.pending_, {})} {}
  NativeEngine& operator=(NativeEngine&& other) noexcept {
    transport_ = std::move(other.transport_);
    pending_ = std::exchange(other.pending_, {});
    return *this;
  }

  /// Puts the BIOs under `ssl`, if they are not there already.
  [[nodiscard]] bool attach(SSL* ssl) noexcept {
    if (::SSL_get_rbio(ssl) != transport_.reader()) {
      ::BIO_up_ref(transport_.reader());
      ::SSL_set0_rbio(ssl, transport_.reader());
    }
    if (::SSL_get_wbio(ssl) != transport_.writer()) {
      ::BIO_up_ref(transport_.writer());
      ::SSL_set0_wbio(ssl, transport_.writer());
    }
    return true;
  }

  [[nodiscard]] NativeBio& transport() noexcept { return transport_; }

  [[nodiscard]] Commit commit(SSL* ssl, std::span<const std::byte> bytes, std::size_t record, std::size_t) noexcept {
    const std::size_t most = negotiated_record(ssl, record);
    const std::span<const std::byte> chunk = bytes.first(bytes.size() < most ? bytes.size() : most);
    std::size_t written = 0;
    const int returned = ::SSL_write_ex(ssl, chunk.data(), chunk.size(), &written);
    if (returned == 1) {
      return {1, written};
    }
    const bool captured = ::SSL_get_error(ssl, returned) == SSL_ERROR_WANT_WRITE && ::SSL_in_init(ssl) == 0;
    if (captured) {
      pending_ = chunk;
    }
    return {returned, captured ? chunk.size() : 0};
  }

  /// Retries the pending record, with the address and length it was written with.
  [[nodiscard]] IoStatus drain(SSL* ssl) noexcept {
    if (pending_.empty()) {
      return IoStatus::done;
    }
    std::size_t written = 0;
    const int returned = ::SSL_write_ex(ssl, pending_.data(), pending_.size(), &written);
    if (returned == 1) {
      pending_ = {};
      return IoStatus::done;
    }
    switch (::SSL_get_error(ssl, returned)) {
      case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
      case SSL_ERROR_WANT_READ: return IoStatus::want_read;
      default: return IoStatus::failed;
    }
  }

  [[nodiscard]] bool first_record_left() const noexcept { return pending_.empty(); }
  [[nodiscard]] std::size_t output_size() const noexcept { return pending_.size(); }
  [[nodiscard]] bool input_waits() const noexcept { return false; }
  [[nodiscard]] bool dry() const noexcept { return read_at_start_ == ::BIO_number_read(transport_.reader()); }
  [[nodiscard]] bool ended() const noexcept { return false; }
  [[nodiscard]] int system_error() const noexcept { return 0; }
  [[nodiscard]] bool receive_may_wait() const noexcept {
    const long descriptor = BIO_get_fd(transport_.reader(), nullptr);
    return descriptor >= 0 && (::fcntl(static_cast<int>(descriptor), F_GETFL) & O_NONBLOCK) == 0;
  }

  void start_read() noexcept { read_at_start_ = ::BIO_number_read(transport_.reader()); }

  /// While a record is pending, an answer that OpenSSL itself owes the peer makes SSL_read fatal: the second one after a
  /// KeyUpdate in TLS 1.3; up to TLS 1.2 the refusal of a renegotiation, which makes even the right retry fatal.
  [[nodiscard]] bool must_finish_write_first(SSL* ssl) const noexcept {
    return !pending_.empty() &&
           (::SSL_version(ssl) < TLS1_3_VERSION || ::SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE);
  }

  [[nodiscard]] int read(SSL* ssl, std::span<std::byte> to, std::size_t& bytes) noexcept {
    SSL_clear_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);  // with it, a truncation could not be told from a close
    if (pending_.empty() || (SSL_get_mode(ssl) & SSL_MODE_AUTO_RETRY) == 0) {
      return ::SSL_read_ex(ssl, to.data(), to.size(), &bytes);
    }
    SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);  // one record at a time, so that the guard above sees what each one asks
    const int returned = ::SSL_read_ex(ssl, to.data(), to.size(), &bytes);
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    return returned;
  }

  void release_idle_memory() noexcept {}

 private:
  /// The most plaintext in one record: `record`, or what the peer has asked for (RFC 6066, max_fragment_length).
  [[nodiscard]] static std::size_t negotiated_record(const SSL* ssl, std::size_t record) noexcept {
    const SSL_SESSION* const session = ::SSL_get_session(ssl);
    const unsigned code = session != nullptr ? ::SSL_SESSION_get_max_fragment_length(session) : 0U;
    const std::size_t asked = code >= 1 && code <= 4 ? std::size_t{256} << code : record;
    return asked < record ? asked : record;
  }

  NativeBio transport_;
  std::span<const std::byte> pending_;
  std::uint64_t read_at_start_ = 0;
};

}  // namespace tlsmode::engine

#endif
