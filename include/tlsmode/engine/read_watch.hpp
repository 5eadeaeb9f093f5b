// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_READ_WATCH_HPP
#define TLSMODE_ENGINE_READ_WATCH_HPP

#include <cstddef>

#include <openssl/bio.h>

namespace tlsmode::engine {

/// While it lives, sees whether a BIO was asked for input that it did not have, or that has ended. After WANT_READ that is
/// the difference between a peer who has said nothing more and OpenSSL, which stops after a message although it holds the
/// next one; after ZERO_RETURN, between the end of the stream and close_notify.
/// And counts records, by the headers that OpenSSL asks for; after `most_records` of them the BIO answers "later".
/// A callback that the BIO has goes on being called, and has its argument.
/// Wraps: BIO_set_callback_ex(3).
class ReadWatch {
 public:
  explicit ReadWatch(BIO* bio, unsigned most_records = static_cast<unsigned>(-1)) noexcept
      : bio_{bio},
        most_records_{most_records},
        callback_{::BIO_get_callback_ex(bio)},
        argument_{::BIO_get_callback_arg(bio)} {
    ::BIO_set_callback_ex(bio_, &on_call);
    watch();
  }
  ReadWatch(const ReadWatch&) = delete;  // the BIO points at this object
  ReadWatch& operator=(const ReadWatch&) = delete;
  ~ReadWatch() {
    ::BIO_set_callback_ex(bio_, callback_);
    ::BIO_set_callback_arg(bio_, argument_);
  }

  [[nodiscard]] bool found_nothing() const noexcept { return found_nothing_; }
  [[nodiscard]] bool found_end() const noexcept { return found_end_; }
  [[nodiscard]] unsigned records() const noexcept { return records_; }

 private:
  static constexpr std::size_t header = 5;  // bytes

  void watch() noexcept { ::BIO_set_callback_arg(bio_, reinterpret_cast<char*>(this)); }

  static long on_call(BIO* bio, int operation, const char* data, std::size_t size, int number, long value, int result,
                      std::size_t* processed) noexcept {
    auto* const self = static_cast<ReadWatch*>(static_cast<void*>(::BIO_get_callback_arg(bio)));
    if (operation == BIO_CB_READ && size == header && self->records_ >= self->most_records_) {
      BIO_clear_retry_flags(bio);
      BIO_set_retry_read(bio);
      return -1;
    }
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && size == header) {
      ++self->records_;
    }
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result <= 0) {
      self->found_nothing_ = self->found_nothing_ || BIO_should_read(bio);
      self->found_end_ = self->found_end_ || (BIO_should_retry(bio) == 0 && BIO_eof(bio) != 0);
    }
    if (self->callback_ == nullptr) {
      return result;
    }
    ::BIO_set_callback_arg(bio, self->argument_);
    const long answer = self->callback_(bio, operation, data, size, number, value, result, processed);
    self->watch();
    return answer;
  }

  BIO* bio_;
  unsigned most_records_;
  unsigned records_ = 0;
  BIO_callback_fn_ex callback_;
  char* argument_;
  bool found_nothing_ = false;
  bool found_end_ = false;
};

}  // namespace tlsmode::engine

#endif
