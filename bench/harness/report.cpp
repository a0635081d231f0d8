// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace harness
{
namespace
{
std::string date ()
{
    const std::time_t now = std::time (nullptr);
    char text[40];
    std::strftime (text, sizeof (text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime (&now));
    return text;
}
}  // namespace

nlohmann::ordered_json headJson (const char* bench, const std::string& commit)
{
    nlohmann::ordered_json json;
    json["bench"] = bench;
    json["format"] = 1;
    json["date"] = date ();
    json["commit"] = commit;
    return json;
}

void addShares (const Others& others, nlohmann::ordered_json* json)
{
    (*json)["others_share"] = others.programs ();
    (*json)["host_share"] = others.host ();
}

void printConditions (const nlohmann::ordered_json& json, const std::string& machine, unsigned rounds, const char* cpus)
{
    std::printf ("\n%s, commit %s, %u rounds; other programs had %.1f %% of the %s, the host %.1f %%\n",
                 machine.c_str (), json["commit"].get<std::string> ().c_str (), rounds,
                 json["others_share"].get<double> () * 100, cpus, json["host_share"].get<double> () * 100);
}

void writeFile (const std::string& path, const std::string& text)
{
    std::ofstream file (path);
    file << text << std::flush;
    if (!file)
    {
        throw std::runtime_error ("cannot write " + path);
    }
}

std::string linesOf (nlohmann::ordered_json json)
{
    const nlohmann::ordered_json results = json["results"];
    json["results"] = nlohmann::ordered_json::array ();
    const std::string head = json.dump (1);
    const std::size_t place = head.rfind ("[]");
    std::string text = head.substr (0, place) + "[";
    const char* before = "\n";
    for (const nlohmann::ordered_json& result : results)
    {
        text += before + result.dump ();
        before = ",\n";
    }
    return text + "\n]" + head.substr (place + 2) + "\n";
}

std::string format (const char* pattern, double value)
{
    char text[40];
    std::snprintf (text, sizeof (text), pattern, value);
    return text;
}

}  // namespace harness
