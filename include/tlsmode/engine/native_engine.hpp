// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_NATIVE_ENGINE_HPP
#define TLSMODE_ENGINE_NATIVE_ENGINE_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/engine/adopted_bios.hpp>
#include <tlsmode/engine/commit.hpp>
#include <tlsmode/engine/read_budget.hpp>
#include <tlsmode/engine/read_watch.hpp>
#include <tlsmode/native_bio.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode::engine {

/// OpenSSL directly over its own socket BIO, as kernel TLS needs it. Its write rule is real here: what SSL_write could
/// not send is pending inside OpenSSL. One record goes into each SSL_write, so that a block means "exactly this record is
/// committed"; the engine carries its address and length and is the only one to retry it.
/// While a record is pending, reads keep to what OpenSSL survives: see must_finish_write_first().
class NativeEngine {
 public:
  static constexpr bool sends_whole_batches = false;

  explicit NativeEngine(NativeBio&& transport) : transport_{std::move(transport)} {}
  NativeEngine(const NativeEngine&) = delete;
  NativeEngine& operator=(const NativeEngine&) = delete;
  NativeEngine(NativeEngine&& other) noexcept
      : transport_{std::move(other.transport_)},
        pending_{std::exchange(other.pending_, {})},
        writer_{std::exchange(other.writer_, nullptr)},
        buffer_may_change_{other.buffer_may_change_},
        owes_close_{std::exchange(other.owes_close_, false)},
        has_been_dry_{other.has_been_dry_},
        ended_{other.ended_},
        lost_alert_{other.lost_alert_},
        budget_{other.budget_} {}
  NativeEngine& operator=(NativeEngine&& other) noexcept {
    transport_ = std::move(other.transport_);
    pending_ = std::exchange(other.pending_, {});
    writer_ = std::exchange(other.writer_, nullptr);
    buffer_may_change_ = other.buffer_may_change_;
    owes_close_ = std::exchange(other.owes_close_, false);
    has_been_dry_ = other.has_been_dry_;
    ended_ = other.ended_;
    lost_alert_ = other.lost_alert_;
    budget_ = other.budget_;
    return *this;
  }

  /// Puts the BIOs under `ssl`: two of them, so that a refused write can be seen after a read.
  /// Returns: false if there is no memory.
  [[nodiscard]] bool attach(SSL* ssl) noexcept {
    BIO* const reader = transport_.reader();
    BIO* writer = transport_.writer();
    if (const int descriptor = NativeBio::descriptor_of(writer); reader == writer && descriptor >= 0) {
      writer = ::BIO_new_socket(descriptor, BIO_NOCLOSE);
    } else {
      ::BIO_up_ref(writer);
    }
    if (::SSL_get_rbio(ssl) != reader) {
      keep_descriptors(ssl, reader, NativeBio::descriptor_of(reader));
    }
    ::BIO_up_ref(reader);
    ::SSL_set0_rbio(ssl, reader);
    ::SSL_set0_wbio(ssl, writer);
    ::SSL_set_read_ahead(ssl, 0);                          // ReadWatch tells records by their headers
    SSL_clear_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);  // in a handshake, too, an end is no close
    writer_ = writer;
    buffer_may_change_ = ::SSL_in_before(ssl) == 0;
    return writer != nullptr;
  }

  [[nodiscard]] NativeBio& transport() noexcept { return transport_; }

  template <typename Sizer>
  [[nodiscard]] Commit commit(SSL* ssl, std::span<const std::byte> bytes, Sizer& sizer, std::size_t,
                              bool = false) noexcept {
    sizer.begin_commit();
    const std::size_t most = negotiated_record(ssl, sizer.size());
    const std::span<const std::byte> chunk = bytes.first(bytes.size() < most ? bytes.size() : most);
    std::size_t written = 0;
    const auto write = [&]() noexcept { return ::SSL_write_ex(ssl, chunk.data(), chunk.size(), &written); };
    const int returned = ::SSL_in_init(ssl) == 0 ? write() : watched(write);
    if (returned == 1) {
      sizer.note(written);
      return {1, written};
    }
    const bool captured = ::SSL_get_error(ssl, returned) == SSL_ERROR_WANT_WRITE && ::SSL_in_init(ssl) == 0;
    if (captured) {
      pending_ = chunk;
      sizer.note(chunk.size());
    }
    return {returned, captured ? chunk.size() : 0};
  }

  /// close_notify is pending inside OpenSSL, or not.
  void owe_close(bool owes) noexcept { owes_close_ = owes; }

  /// Retries what is pending: the record, with the address and length it was written with; or close_notify.
  [[nodiscard]] IoStatus drain(SSL* ssl) noexcept {
    if (output_size() == 0) {
      return lost_alert_ ? IoStatus::failed : IoStatus::done;
    }
    std::size_t written = 0;
    const int returned =
        owes_close_ ? ::SSL_shutdown(ssl) : ::SSL_write_ex(ssl, pending_.data(), pending_.size(), &written);
    if (returned == 1 || (owes_close_ && returned == 0)) {
      pending_ = {};
      owes_close_ = false;
      return IoStatus::done;
    }
    switch (::SSL_get_error(ssl, returned)) {
      case SSL_ERROR_WANT_WRITE: return IoStatus::want_write;
      case SSL_ERROR_WANT_READ: return IoStatus::want_read;
      default: return IoStatus::failed;
    }
  }

  [[nodiscard]] IoStatus drain_commit(SSL* ssl) noexcept { return drain(ssl); }

  [[nodiscard]] int handshake(SSL* ssl) noexcept {
    return watched([ssl]() noexcept { return ::SSL_do_handshake(ssl); });
  }

  [[nodiscard]] bool first_record_left() const noexcept { return pending_.empty(); }
  /// Zero only if nothing is pending.
  [[nodiscard]] std::size_t output_size() const noexcept { return pending_.size() + (owes_close_ ? 1 : 0); }
  [[nodiscard]] bool input_waits() const noexcept { return false; }
  [[nodiscard]] bool dry() const noexcept { return dry_; }
  [[nodiscard]] bool has_been_dry() const noexcept { return has_been_dry_; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] int system_error() const noexcept { return lost_alert_ ? EAGAIN : 0; }
  [[nodiscard]] bool receive_may_wait() const noexcept { return transport_.blocking(); }

  void start_read() noexcept { dry_ = false; }
  [[nodiscard]] ReadBudget& budget() noexcept { return budget_; }

  /// While something is pending, an answer that OpenSSL itself owes the peer makes SSL_read fatal: the second one after a
  /// KeyUpdate in TLS 1.3; up to TLS 1.2 the refusal of a renegotiation, which makes even the right retry fatal. And where
  /// the size of records is not what it was when OpenSSL made its buffer, a KeyUpdate makes it anew, without the record.
  [[nodiscard]] bool must_finish_write_first(SSL* ssl) const noexcept {
    return output_size() != 0 &&
           (::SSL_version(ssl) < TLS1_3_VERSION || ::SSL_get_key_update_type(ssl) != SSL_KEY_UPDATE_NONE ||
            buffer_may_change_ || peer_limits_records(ssl));
  }

  /// An alert that OpenSSL owes and could not send while it read breaks the stream, although OpenSSL goes on as if it did
  /// not (TLS 1.2, a refused renegotiation). That is the end of the connection: said, instead of bytes that never arrive.
  [[nodiscard]] int read(SSL* ssl, std::span<std::byte> to, std::size_t& bytes,
                         ReadCall call = &::SSL_read_ex) noexcept {
    // With it, the end of the input is not the end of the output, too. That it was no close, the watch knows.
    SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    const bool retries = (SSL_get_mode(ssl) & SSL_MODE_AUTO_RETRY) != 0;
    if (retries) {  // one record, so that the budget and must_finish_write_first() see what each one asks
      SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    }
    BIO_clear_retry_flags(writer_);
    const std::uint64_t written = ::BIO_number_written(writer_);
    const ReadWatch watch{transport_.reader(), budget_.records_left()};
    const int returned = call(ssl, to.data(), to.size(), &bytes);
    dry_ = watch.found_nothing();
    ended_ = ended_ || watch.found_end();
    if (retries) {
      SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    }
    SSL_clear_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    has_been_dry_ = has_been_dry_ || dry_;
    budget_.note_records(watch.records());
    if (::BIO_number_written(writer_) != written) {
      budget_.note_answer();
    }
    lost_alert_ = lost_alert_ || (output_size() == 0 && BIO_should_write(writer_) && ::SSL_in_init(ssl) == 0);
    return returned;
  }

  /// Gives OpenSSL's buffers back, unless they hold something. Wraps: SSL_free_buffers(3), which before OpenSSL 3.0.14
  /// frees them with half a record in them.
  void release_buffers(SSL* ssl) noexcept {
    if (output_size() == 0 && ::SSL_has_pending(ssl) == 0 && waits_for_header(ssl)) {
      ::SSL_free_buffers(ssl);
    }
  }

 private:
  /// A call in which OpenSSL may read, too: a handshake, which skips HelloRequests for as long as they come.
  template <typename Call>
  [[nodiscard]] int watched(Call call) noexcept {
    const ReadWatch watch{transport_.reader(), budget_.records_left()};
    const int returned = call();
    budget_.note_records(watch.records());
    return returned;
  }

  [[nodiscard]] static bool waits_for_header(const SSL* ssl) noexcept { return ::SSL_rstate_string(ssl)[1] == 'H'; }
  /// The most plaintext in one record: `record`, or what the peer has asked for (RFC 6066, max_fragment_length).
  [[nodiscard]] static std::size_t negotiated_record(const SSL* ssl, std::size_t record) noexcept {
    const unsigned code = max_fragment_length(ssl);
    const std::size_t asked = code >= 1 && code <= 4 ? std::size_t{256} << code : record;
    return asked < record ? asked : record;
  }
  [[nodiscard]] static bool peer_limits_records(const SSL* ssl) noexcept { return max_fragment_length(ssl) != 0; }
  /// The extension's code; 0: there is none.
  [[nodiscard]] static unsigned max_fragment_length(const SSL* ssl) noexcept {
    const SSL_SESSION* const session = ::SSL_get_session(ssl);
    return session != nullptr ? ::SSL_SESSION_get_max_fragment_length(session) : 0U;
  }

  NativeBio transport_;
  std::span<const std::byte> pending_{};
  BIO* writer_ = nullptr;           // the SSL's
  bool buffer_may_change_ = false;  // an SSL was adopted that has begun: it may have records of another size
  bool owes_close_ = false;         // close_notify is pending, and no record
  bool dry_ = false;                // since start_read(), the BIO had nothing to give
  bool has_been_dry_ = false;       // ever: it does not wait for input
  bool ended_ = false;              // the BIO has said that there will be no more
  bool lost_alert_ = false;         // OpenSSL could not send an alert, and nothing can be sent behind it
  ReadBudget budget_{};
};

}  // namespace tlsmode::engine

#endif
