// SPDX-License-Identifier: MIT
#include <tlsmode/status.hpp>

#include "support/catch.hpp"

using namespace tlsmode;

TEST_CASE("every status has its enumerator's name") {
  CHECK(name(IoStatus::done) == "done");
  CHECK(name(IoStatus::want_read) == "want_read");
  CHECK(name(IoStatus::want_write) == "want_write");
  CHECK(name(IoStatus::closed) == "closed");
  CHECK(name(IoStatus::truncated) == "truncated");
  CHECK(name(IoStatus::write_pending) == "write_pending");
  CHECK(name(IoStatus::failed) == "failed");
  CHECK(name(static_cast<IoStatus>(99)).empty());
}

TEST_CASE("results are compared with status and bytes") {
  CHECK(ReadResult{IoStatus::done, 3} == ReadResult{IoStatus::done, 3});
  CHECK_FALSE(ReadResult{IoStatus::done, 3} == ReadResult{IoStatus::done, 4});
  CHECK_FALSE(WriteResult{IoStatus::closed, 0} == WriteResult{IoStatus::truncated, 0});
}
