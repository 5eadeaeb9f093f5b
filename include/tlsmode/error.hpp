// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_HPP
#define TLSMODE_ERROR_HPP

#include <cstddef>
#include <new>
#include <span>
#include <string_view>

#include <tlsmode/error/record.hpp>
#include <tlsmode/error_facts.hpp>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wattributes"  // [[clang::…]]: clang warns of what dangles, others need not know them
namespace tlsmode {

/// What went wrong: the operation, OpenSSL's whole error queue, errno, the verify result and the alert, in words.
/// Thrown by constructors and setters; connection.error() gives the last one of a connection.
/// Copies share one record and never throw. When not even the record could be allocated, kind() is out_of_memory.
/// Proof: tests/unit/error_test.cpp.
class Error : public std::exception {
 public:
  /// No error: kind() is none.
  Error() noexcept = default;

  /// Makes an error from `facts`, taking over and clearing this thread's OpenSSL error queue.
  explicit Error(const ErrorFacts& facts) noexcept : record_{detail::make_error_record(facts)} {}

  /// An error that is a constant, and needs no memory.
  [[nodiscard]] static Error of(const detail::ErrorRecord& constant) noexcept {
    Error error;
    error.record_ = &constant;
    return error;
  }

  Error(const Error& other) noexcept : std::exception{other}, record_{detail::share(other.record_)} {}
  Error& operator=(const Error& other) noexcept {
    const detail::ErrorRecord* shared = detail::share(other.record_);
    detail::drop(record_);
    record_ = shared;
    return *this;
  }
  ~Error() override { detail::drop(record_); }

  /// One readable line: operation, cause, what OpenSSL said, and the remedy where there is a common one.
  [[nodiscard]] const char* what() const noexcept override { return record_->what; }

  [[nodiscard]] ErrorKind kind() const noexcept { return record_->kind; }
  [[nodiscard]] Operation operation() const noexcept { return record_->operation; }

  /// errno as the failed system call left it; 0 if none failed.
  [[nodiscard]] int system_error() const noexcept { return record_->system_error; }

  /// An X509_V_* code; X509_V_OK (0) unless the peer's certificate was refused. Wraps: SSL_get_verify_result(3).
  [[nodiscard]] long verify_result() const noexcept { return record_->verify_result; }

  /// The number of the fatal alert that the peer sent (RFC 8446, section 6); -1 if it sent none.
  [[nodiscard]] int alert() const noexcept { return record_->alert; }

  /// What can commonly be done about it; empty if there is no common remedy.
  [[nodiscard]] std::string_view remedy() const noexcept { return record_->remedy; }

  /// OpenSSL's error queue, oldest entry first. Lifetime: as long as this error or a copy of it.
  [[nodiscard]] std::span<const QueueEntry> queue() const noexcept [[clang::lifetimebound]] {
    return {record_->entries, record_->entry_count};
  }

 private:
  const detail::ErrorRecord* record_ = &detail::no_error_record;
};

}  // namespace tlsmode
#pragma GCC diagnostic pop

#endif
