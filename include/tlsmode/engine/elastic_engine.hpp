// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_ELASTIC_ENGINE_HPP
#define TLSMODE_ENGINE_ELASTIC_ENGINE_HPP

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <tlsmode/detail/byte_queue.hpp>
#include <tlsmode/detail/handle.hpp>
#include <tlsmode/engine/commit.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode::engine {

/// Our transport under OpenSSL, through a BIO that never says would-block on writes. SSL_write therefore always
/// completes: what the transport did not take waits here as ciphertext, and no write is ever pending inside OpenSSL.
/// A transport that fails to send does not fail OpenSSL either: its alert may still be read. The failure is kept.
/// Input is received ahead, in pieces larger than a record, into memory that exists only while it holds something.
template <TransportType Transport>
class ElasticEngine {
 public:
  static constexpr bool sends_whole_batches = true;

  explicit ElasticEngine(Transport&& transport) : transport_{std::move(transport)} {}
  ElasticEngine(ElasticEngine&& other) noexcept
      : transport_{std::move(other.transport_)},
        input_{std::move(other.input_)},
        output_{std::move(other.output_)},
        bio_{std::move(other.bio_)},
        state_{other.state_} {
    point_bio_to(this);
  }
  ElasticEngine& operator=(ElasticEngine&& other) noexcept {
    point_bio_to(nullptr);
    transport_ = std::move(other.transport_);
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    bio_ = std::move(other.bio_);
    state_ = other.state_;
    point_bio_to(this);
    return *this;
  }
  ~ElasticEngine() { point_bio_to(nullptr); }  // the SSL may have another owner, and outlive us

  /// Puts this engine under `ssl`. Returns: false if there is no memory. Wraps: SSL_set0_rbio(3), SSL_set0_wbio(3).
  [[nodiscard]] bool attach(SSL* ssl) noexcept {
    const BIO_METHOD* const method = bio_method();
    bio_ = detail::Handle<&::BIO_free>{method != nullptr ? ::BIO_new(method) : nullptr};
    if (!bio_) {
      return false;
    }
    point_bio_to(this);
    ::BIO_set_init(bio_.get(), 1);
    ::BIO_up_ref(bio_.get());
    ::SSL_set0_rbio(ssl, bio_.get());
    ::BIO_up_ref(bio_.get());
    ::SSL_set0_wbio(ssl, bio_.get());
    return true;
  }

  [[nodiscard]] Transport& transport() noexcept { return transport_; }

  /// Encrypts `bytes` record by record, at most `batch` of them, and hands the records to the transport as one.
  [[nodiscard]] Commit commit(SSL* ssl, std::span<const std::byte> bytes, std::size_t record,
                              std::size_t batch) noexcept {
    const std::span<const std::byte> all = bytes.first(bytes.size() < batch ? bytes.size() : batch);
    state_.corked = all.size() > record;
    state_.first_record_end = state_.sent;
    Commit result{1, 0};
    while (result.bytes != all.size()) {
      const std::span<const std::byte> rest = all.subspan(result.bytes);
      const std::size_t size = rest.size() < record ? rest.size() : record;
      state_.corked = state_.corked && size != rest.size();
      std::size_t written = 0;
      result.returned = ::SSL_write_ex(ssl, rest.data(), size, &written);
      if (result.returned != 1) {
        break;
      }
      if (result.bytes == 0) {
        state_.first_record_end = state_.sent + output_.size();
      }
      result.bytes += written;
    }
    state_.corked = false;
    return result;
  }

  /// Sends what waits. Returns: done when nothing does; want_write, want_read; failed, also for an earlier failure.
  [[nodiscard]] IoStatus drain(SSL*) noexcept {
    if (output_.empty()) [[likely]] {
      return state_.send_error == 0 ? IoStatus::done : IoStatus::failed;
    }
    return send_output();
  }

  /// Whether the transport has taken the first record of the last commit.
  [[nodiscard]] bool first_record_left() const noexcept { return state_.sent >= state_.first_record_end; }

  void owe_close(bool) noexcept {}  // nothing ever waits inside OpenSSL
  [[nodiscard]] std::size_t output_size() const noexcept { return output_.size(); }
  [[nodiscard]] bool input_waits() const noexcept { return !input_.empty(); }
  [[nodiscard]] bool dry() const noexcept { return state_.dry; }      // since start_read(), receive had nothing to give
  [[nodiscard]] bool ended() const noexcept { return state_.ended; }  // OpenSSL has been told of the end of the stream
  [[nodiscard]] int system_error() const noexcept {
    return state_.send_error != 0 ? state_.send_error : state_.receive_error;
  }
  [[nodiscard]] bool receive_may_wait() const noexcept { return detail::receive_may_wait(transport_); }

  void start_read() noexcept { state_.dry = false; }
  [[nodiscard]] bool must_finish_write_first(SSL*) const noexcept { return false; }
  [[nodiscard]] int read(SSL* ssl, std::span<std::byte> to, std::size_t& bytes) noexcept {
    return ::SSL_read_ex(ssl, to.data(), to.size(), &bytes);
  }

  void forget_burst() noexcept { state_.receive_size = one_record; }  // the input has run dry: expect little again

 private:
  static constexpr std::size_t one_record = 17 * 1024;  // a full record with all that may be around it
  static constexpr std::size_t four_records = 68 * 1024;

  [[nodiscard]] static const BIO_METHOD* bio_method() noexcept {
    static BIO_METHOD* const method = make_bio_method();  // made once, kept until the process ends
    return method;
  }
  [[nodiscard]] static BIO_METHOD* make_bio_method() noexcept {
    BIO_METHOD* const method = ::BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "tlsmode transport");
    if (method != nullptr) {
      ::BIO_meth_set_read_ex(method, &ElasticEngine::on_read);
      ::BIO_meth_set_write_ex(method, &ElasticEngine::on_write);
      ::BIO_meth_set_ctrl(method, &ElasticEngine::on_control);
    }
    return method;
  }
  void point_bio_to(ElasticEngine* engine) noexcept {
    if (bio_) {
      ::BIO_set_data(bio_.get(), engine);
    }
  }

  static int on_read(BIO* bio, char* to, std::size_t size, std::size_t* bytes) noexcept {
    auto* const engine = static_cast<ElasticEngine*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (engine == nullptr || (engine->input_.empty() && !engine->receive(bio))) {
      return 0;
    }
    const std::span<const std::byte> held = engine->input_.bytes();
    *bytes = size < held.size() ? size : held.size();
    std::memcpy(to, held.data(), *bytes);
    engine->input_.drop(*bytes);
    if (engine->input_.empty()) {
      engine->input_.release();
    }
    return 1;
  }

  static int on_write(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) noexcept {
    auto* const engine = static_cast<ElasticEngine*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (engine == nullptr) {
      return 0;
    }
    engine->take_ciphertext({reinterpret_cast<const std::byte*>(from), size});
    *bytes = size;
    return 1;
  }

  static long on_control(BIO* bio, int command, long, void*) noexcept {
    const auto* const engine = static_cast<const ElasticEngine*>(::BIO_get_data(bio));
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_EOF: return engine == nullptr || engine->state_.ended ? 1 : 0;
      default: return 0;
    }
  }

  /// Receives ahead. Returns: false, with the BIO's retry flag set if the input is merely dry.
  [[nodiscard]] bool receive(BIO* bio) noexcept {
    const std::span<std::byte> room = input_.room(state_.receive_size);
    if (room.empty()) {
      state_.receive_error = ENOMEM;
      return false;
    }
    const ReadResult result = transport_.receive(room);
    switch (result.status) {
      case IoStatus::done:
        if (result.bytes == room.size()) {
          state_.receive_size = four_records;  // more has come than fits: take larger pieces while this lasts
        }
        input_.add(result.bytes);
        return result.bytes != 0;
      case IoStatus::closed:
      case IoStatus::truncated: state_.ended = true; break;
      case IoStatus::failed: state_.receive_error = errno; break;
      default: state_.dry = true; BIO_set_retry_read(bio);
    }
    input_.release();
    return false;
  }

  /// Takes a record from OpenSSL: sends it at once, behind what waits already; keeps what the transport does not take.
  void take_ciphertext(std::span<const std::byte> record) noexcept {
    if (state_.send_error != 0) {
      return;
    }
    if (!state_.corked) {
      if (!output_.empty()) {
        record = send_behind_output(record);
      }
      while (output_.empty() && !record.empty() && state_.send_error == 0) {
        const WriteResult result = transport_.send(record);
        if (!note_sent(result)) {
          break;
        }
        record = record.subspan(result.bytes);
      }
    }
    if (state_.send_error == 0 && !output_.append(record)) {
      fail_to_send(ENOMEM);
    }
  }

  /// Sends what waits and `record` in one call, if the transport can. Returns: what is left of the record.
  [[nodiscard]] std::span<const std::byte> send_behind_output(std::span<const std::byte> record) noexcept {
    if constexpr (detail::SendsPairs<Transport>) {
      const std::size_t waiting = output_.size();
      const WriteResult result = transport_.send(output_.bytes(), record);
      if (note_sent(result)) {
        output_.drop(result.bytes < waiting ? result.bytes : waiting);
        release_empty_output();
        return record.subspan(result.bytes > waiting ? result.bytes - waiting : 0);
      }
    } else {
      static_cast<void>(send_output());
    }
    return record;
  }

  [[nodiscard]] IoStatus send_output() noexcept {
    while (!output_.empty()) {
      const WriteResult result = transport_.send(output_.bytes());
      if (!note_sent(result)) {
        return state_.send_error != 0 ? IoStatus::failed : result.status;
      }
      output_.drop(result.bytes);
    }
    release_empty_output();
    return IoStatus::done;
  }

  /// Returns: whether bytes were sent.
  [[nodiscard]] bool note_sent(const WriteResult& result) noexcept {
    switch (result.status) {
      case IoStatus::done: state_.sent += result.bytes; return result.bytes != 0;
      case IoStatus::closed:
      case IoStatus::truncated: fail_to_send(EPIPE); return false;
      case IoStatus::failed: fail_to_send(errno); return false;
      default: return false;
    }
  }
  void fail_to_send(int reason) noexcept {
    state_.send_error = reason != 0 ? reason : EIO;
    output_.clear();
    release_empty_output();
  }
  void release_empty_output() noexcept {
    if (output_.empty()) {
      output_.release();
    }
  }

  struct State {
    unsigned long long sent = 0;              // ciphertext bytes the transport has taken, ever
    unsigned long long first_record_end = 0;  // the value of `sent` at which the first record of a commit has left
    std::size_t receive_size = one_record;
    int receive_error = 0;
    int send_error = 0;
    bool corked = false;  // more records follow: gather them
    bool dry = false;
    bool ended = false;
  };

  [[no_unique_address]] Transport transport_;
  detail::ByteQueue input_;
  detail::ByteQueue output_;
  detail::Handle<&::BIO_free> bio_;
  State state_;
};

}  // namespace tlsmode::engine

#endif
