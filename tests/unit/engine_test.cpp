// SPDX-License-Identifier: MIT
// Both engines and both writers are what the channel is written against, and nothing else is.
#include <tlsmode/engine/engine.hpp>
#include <tlsmode/engine/writer.hpp>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

struct KernelClient : Client {
  static constexpr bool kernel_tls = true;
};
using Sizer = engine::RecordSizer<Client>;
using Elastic = engine::ElasticEngine<MemoryTransport>;

static_assert(engine::EngineType<Elastic, Sizer>);
static_assert(engine::EngineType<engine::NativeEngine, Sizer>);
static_assert(!engine::EngineType<MemoryTransport, Sizer>);
static_assert(engine::WriterType<engine::ManualWriter<Client, Elastic>, Elastic>);
static_assert(engine::WriterType<engine::ManualWriter<KernelClient, engine::NativeEngine>, engine::NativeEngine>);
static_assert(engine::WriterType<engine::BufferedWriter<WithRule<Client, BufferedWrites>, Elastic>, Elastic>);
static_assert(!engine::WriterType<Sizer, Elastic>);

}  // namespace

TEST_CASE("a call goes on after waiting and after a decision, and after nothing else") {
  CHECK(engine::goes_on(IoStatus::want_read));
  CHECK(engine::goes_on(IoStatus::want_write));
  CHECK(engine::goes_on(IoStatus::want_decision));
  for (const IoStatus status :
       {IoStatus::done, IoStatus::closed, IoStatus::truncated, IoStatus::write_pending, IoStatus::failed}) {
    CHECK_FALSE(engine::goes_on(status));
  }
}
