// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_ELASTIC_ENGINE_HPP
#define TLSMODE_ENGINE_ELASTIC_ENGINE_HPP

#include <cstddef>
#include <span>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <tlsmode/detail/handle.hpp>
#include <tlsmode/engine/adopted_bios.hpp>
#include <tlsmode/engine/commit.hpp>
#include <tlsmode/engine/incoming.hpp>
#include <tlsmode/engine/outgoing.hpp>
#include <tlsmode/engine/read_budget.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode::engine {

/// Our transport under OpenSSL, through a BIO that never says would-block on writes. SSL_write therefore always
/// completes: what the transport did not take waits in Outgoing, and no write is ever pending inside OpenSSL.
/// A transport that fails to send does not fail OpenSSL either: its alert may still be read. The failure is kept.
/// Nor does the end of the input: what was not answered yet can still be.
template <TransportType Transport>
class ElasticEngine {
 public:
  static constexpr bool sends_whole_batches = true;

  explicit ElasticEngine(Transport&& transport) : transport_{std::move(transport)} {}
  ElasticEngine(ElasticEngine&& other) noexcept
      : transport_{std::move(other.transport_)},
        incoming_{std::move(other.incoming_)},
        outgoing_{std::move(other.outgoing_)},
        bio_{std::move(other.bio_)},
        first_record_end_{other.first_record_end_},
        budget_{other.budget_},
        expects_small_{other.expects_small_} {
    point_bio_to(this);
  }
  ElasticEngine& operator=(ElasticEngine&& other) noexcept {
    point_bio_to(nullptr);
    transport_ = std::move(other.transport_);
    incoming_ = std::move(other.incoming_);
    outgoing_ = std::move(other.outgoing_);
    bio_ = std::move(other.bio_);
    first_record_end_ = other.first_record_end_;
    budget_ = other.budget_;
    expects_small_ = other.expects_small_;
    point_bio_to(this);
    return *this;
  }
  ~ElasticEngine() { point_bio_to(nullptr); }  // the SSL may have another owner, and outlive us

  /// Puts this engine under `ssl`. What BIOs it has had are let go, but for those that would close a descriptor: they
  /// stay as long as the SSL does, see keep_descriptors(). Returns: false if there is no memory.
  /// Wraps: SSL_set0_rbio(3), SSL_set0_wbio(3), SSL_set_read_ahead(3).
  [[nodiscard]] bool attach(SSL* ssl) noexcept {
    const BIO_METHOD* const method = bio_method();
    bio_ = detail::Handle<&::BIO_free>{method != nullptr ? ::BIO_new(method) : nullptr};
    if (!bio_) {
      return false;
    }
    point_bio_to(this);
    ::BIO_set_init(bio_.get(), 1);
    keep_descriptors(ssl, bio_.get(), detail::descriptor_of(transport_));
    ::BIO_up_ref(bio_.get());
    ::SSL_set0_rbio(ssl, bio_.get());
    ::BIO_up_ref(bio_.get());
    ::SSL_set0_wbio(ssl, bio_.get());
    ::SSL_set_read_ahead(ssl, 1);  // a record is asked for in one call; OpenSSL never gets more than that, see Incoming
    return true;
  }

  [[nodiscard]] Transport& transport() noexcept { return transport_; }

  /// Encrypts `bytes`, at most `batch` of them, in records as `sizer` has them, and hands the records to the transport as
  /// one. `held_back`: the transport has just refused bytes, and is not asked again.
  template <typename Sizer>
  [[nodiscard]] Commit commit(SSL* ssl, std::span<const std::byte> bytes, Sizer& sizer, std::size_t batch,
                              bool held_back = false) noexcept {
    const std::span<const std::byte> all = bytes.first(bytes.size() < batch ? bytes.size() : batch);
    sizer.begin_commit();
    if (held_back || all.size() > sizer.size()) {
      outgoing_.cork(all.size() + (all.size() / sizer.size() + 1) * record_overhead);
    }
    first_record_end_ = outgoing_.sent();
    Commit result{1, 0};
    while (result.bytes != all.size()) {
      const std::span<const std::byte> rest = all.subspan(result.bytes);
      const std::size_t record = rest.size() < sizer.size() ? rest.size() : sizer.size();
      if (record == rest.size() && !held_back) {
        outgoing_.uncork();
      }
      std::size_t written = 0;
      result.returned = ::SSL_write_ex(ssl, rest.data(), record, &written);
      if (result.returned != 1) {
        break;
      }
      if (result.bytes == 0) {
        first_record_end_ = outgoing_.sent() + outgoing_.size();
      }
      result.bytes += written;
      sizer.note(written);
    }
    outgoing_.uncork();
    return result;
  }

  /// Sends what waits. Returns: done when nothing does; want_write, want_read; failed, also for an earlier failure.
  [[nodiscard]] IoStatus drain(SSL*) noexcept {
    if (outgoing_.size() == 0 && !detail::BuffersOutput<Transport>) [[likely]] {
      return outgoing_.error() == 0 ? IoStatus::done : IoStatus::failed;
    }
    return outgoing_.send_all(transport_);
  }

  /// As drain(), right after a commit: a transport that has just refused bytes is not asked again.
  [[nodiscard]] IoStatus drain_commit(SSL* ssl) noexcept {
    return outgoing_.size() != 0 && outgoing_.refusal() != IoStatus::done ? outgoing_.refusal() : drain(ssl);
  }

  /// While it is under way, a flight is gathered; it leaves when OpenSSL wants the answer, or with the next drain().
  [[nodiscard]] int handshake(SSL* ssl) noexcept {
    outgoing_.cork(0);
    const int returned = ::SSL_do_handshake(ssl);
    outgoing_.uncork();
    return returned;
  }

  /// Whether the transport has taken the first record of the last commit.
  [[nodiscard]] bool first_record_left() const noexcept { return outgoing_.sent() >= first_record_end_; }

  void owe_close(bool) noexcept {}  // nothing ever waits inside OpenSSL
  [[nodiscard]] std::size_t output_size() const noexcept {
    return outgoing_.size() + (detail::holds_output(transport_) ? 1 : 0);
  }
  [[nodiscard]] bool input_waits() const noexcept { return !incoming_.empty(); }
  [[nodiscard]] bool dry() const noexcept { return incoming_.dry(); }
  [[nodiscard]] bool has_been_dry() const noexcept { return incoming_.has_been_dry(); }
  /// Whether the transport's input has ended. OpenSSL is not told of it: it would end the output with the input.
  [[nodiscard]] bool ended() const noexcept { return incoming_.ended(); }
  [[nodiscard]] int system_error() const noexcept {
    return outgoing_.error() != 0 ? outgoing_.error() : incoming_.error();
  }
  [[nodiscard]] bool receive_may_wait() const noexcept { return detail::receive_may_wait(transport_); }

  void start_read() noexcept { incoming_.start_read(); }
  [[nodiscard]] bool must_finish_write_first(SSL*) const noexcept { return false; }
  /// After a small message the next one is received on the stack first: a caller that reads until nothing is left would else
  /// have OpenSSL take its buffer again, only to find that. `call`: or SSL_peek_ex. Returns: what that did, or not_asked.
  [[nodiscard]] int read(SSL* ssl, std::span<std::byte> to, std::size_t& bytes,
                         ReadCall call = &::SSL_read_ex) noexcept {
    if (expects_small_) {
      return look_and_read(ssl, to, bytes, call);
    }
    return read_on(ssl, to, bytes, call);
  }
  [[nodiscard]] ReadBudget& budget() noexcept { return budget_; }

  /// Gives OpenSSL's buffers back, unless they hold something or are about to. Wraps: SSL_free_buffers(3), which before
  /// OpenSSL 3.0.14 frees them with half a record in them.
  void release_buffers(SSL* ssl) noexcept {
    if (has_buffers_ && incoming_.at_rest() && ::SSL_has_pending(ssl) == 0) {
      has_buffers_ = ::SSL_free_buffers(ssl) == 0;
    }
  }

 private:
  static constexpr std::size_t small_message = 4096;
  static constexpr std::size_t record_overhead = 64;  // header, nonce, padding and tag of a record: this or less

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

  [[nodiscard]] int read_on(SSL* ssl, std::span<std::byte> to, std::size_t& bytes, ReadCall call) noexcept {
    reading_ = true;
    const int returned = call(ssl, to.data(), to.size(), &bytes);
    reading_ = false;
    if (incoming_.has_been_dry()) {
      expects_small_ = returned == 1 && bytes < to.size() && bytes <= small_message && call == &::SSL_read_ex;
    }
    return returned;
  }
  [[gnu::noinline]] int look_and_read(SSL* ssl, std::span<std::byte> to, std::size_t& bytes, ReadCall call) noexcept {
    if (!incoming_.at_rest() || is_busy(ssl)) {
      return read_on(ssl, to, bytes, call);
    }
    std::byte memory[small_message + record_overhead];
    Incoming::Look look;
    const bool is_dry = incoming_.begin_look(look, transport_, memory);
    expects_small_ = false;  // what comes after a pause may be anything
    const int returned = is_dry ? not_asked : read_on(ssl, to, bytes, call);
    incoming_.end_look();
    return returned;
  }
  /// Whether OpenSSL has something to do in a read but to look for a record.
  [[nodiscard]] static bool is_busy(SSL* ssl) noexcept {
    return ::SSL_in_init(ssl) != 0 || ::SSL_renegotiate_pending(ssl) != 0;
  }

  static int on_read(BIO* bio, char* to, std::size_t size, std::size_t* bytes) noexcept {
    auto* const engine = static_cast<ElasticEngine*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (engine == nullptr) {
      return 0;
    }
    engine->has_buffers_ = true;
    const ReadResult result = engine->read_record({reinterpret_cast<std::byte*>(to), size});
    if (result.status == IoStatus::want_read || result.status == IoStatus::truncated) {
      BIO_set_retry_read(bio);  // the end of the input, too, is more than OpenSSL may know: see ended()
    }
    *bytes = result.bytes;
    return result.status == IoStatus::done ? 1 : 0;
  }

  static int on_write(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) noexcept {
    auto* const engine = static_cast<ElasticEngine*>(::BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (engine == nullptr) {
      return 0;
    }
    if (engine->reading_) {
      engine->budget_.note_answer();
    }
    engine->has_buffers_ = true;
    engine->outgoing_.take(engine->transport_, {reinterpret_cast<const std::byte*>(from), size});
    *bytes = size;
    return 1;
  }

  static long on_control(BIO* bio, int command, long, void*) noexcept {
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_EOF: return ::BIO_get_data(bio) == nullptr ? 1 : 0;
      default: return 0;
    }
  }

  [[nodiscard]] ReadResult read_record(std::span<std::byte> to) noexcept {
    if (outgoing_.corked() && outgoing_.size() != 0) {  // a flight: the peer answers what it has got
      static_cast<void>(outgoing_.send_all(transport_));
    }
    if (budget_.spent()) {  // OpenSSL itself would skip HelloRequests in a handshake for as long as they come
      return {IoStatus::failed, 0};
    }
    const ReadResult result = incoming_.read(transport_, to);
    if (incoming_.between_records() && result.status == IoStatus::done) {
      budget_.note_record();
    }
    return result;
  }

  [[no_unique_address]] Transport transport_;
  Incoming incoming_{};
  Outgoing outgoing_{};
  detail::Handle<&::BIO_free> bio_{};
  unsigned long long first_record_end_ = 0;  // the value of sent() at which the first record of a commit has left
  ReadBudget budget_{};
  bool reading_ = false;        // what OpenSSL writes now is an answer
  bool has_buffers_ = true;     // OpenSSL may have some: it has called since they were given back
  bool expects_small_ = false;  // OpenSSL has given out all it had, and that was little
};

}  // namespace tlsmode::engine

#endif
