/* SPDX-License-Identifier: Apache-2.0 */
/* What names say: units at their end, and words in them. */
#include <strings.h>

#include "cli/propose.h"

static const px_unit_word units[] = {
    { "°C", "degreeCelsius", "Temperature" },
    { "degC", "degreeCelsius", "Temperature" },
    { "celsius", "degreeCelsius", "Temperature" },
    { "°F", "degreeFahrenheit", "Temperature" },
    { "degF", "degreeFahrenheit", "Temperature" },
    { "fahrenheit", "degreeFahrenheit", "Temperature" },
    { "K", "kelvin", "Temperature" },
    { "kelvin", "kelvin", "Temperature" },
    { "rpm", "revolutionPerMinute", "AngularVelocity" },
    { "Nm", "newtonMetre", "Torque" },
    { "N", "newton", "Force" },
    { "W", "watt", "Power" },
    { "kW", "kilowatt", "Power" },
    { "MW", "megawatt", "Power" },
    { "Wh", "wattHour", "Energy" },
    { "kWh", "kilowattHour", "Energy" },
    { "MWh", "megawattHour", "Energy" },
    { "J", "joule", "Energy" },
    { "kJ", "kilojoule", "Energy" },
    { "V", "volt", "Voltage" },
    { "mV", "millivolt", "Voltage" },
    { "kV", "kilovolt", "Voltage" },
    { "A", "ampere", "Current" },
    { "mA", "milliampere", "Current" },
    { "Hz", "hertz", "Frequency" },
    { "kHz", "kilohertz", "Frequency" },
    { "Pa", "pascal", "Pressure" },
    { "hPa", "hectopascal", "Pressure" },
    { "kPa", "kilopascal", "Pressure" },
    { "bar", "bar", "Pressure" },
    { "mbar", "millibar", "Pressure" },
    { "psi", "poundPerSquareInch", "Pressure" },
    { "m", "metre", "Length" },
    { "mm", "millimetre", "Length" },
    { "cm", "centimetre", "Length" },
    { "km", "kilometre", "Distance" },
    { "kg", "kilogram", "Mass" },
    { "g", "gram", "Mass" },
    { "t", "tonne", "Mass" },
    { "s", "second", "TimeSpan" },
    { "sec", "second", "TimeSpan" },
    { "ms", "millisecond", "TimeSpan" },
    { "min", "minute", "TimeSpan" },
    { "h", "hour", "TimeSpan" },
    { "%", "percent", "RelativeMeasure" },
    { "percent", "percent", "RelativeMeasure" },
    { "ppm", "partsPerMillion", "Concentration" },
    { "ppb", "partsPerBillion", "Concentration" },
    { "m/s", "metrePerSecond", "Velocity" },
    { "mps", "metrePerSecond", "Velocity" },
    { "km/h", "kilometrePerHour", "Velocity" },
    { "kmh", "kilometrePerHour", "Velocity" },
    { "mph", "milePerHour", "Velocity" },
    { "l/min", "litrePerMinute", "VolumeFlowRate" },
    { "lpm", "litrePerMinute", "VolumeFlowRate" },
    { "m3/h", "cubicMetrePerHour", "VolumeFlowRate" },
    { "L", "litre", "Volume" },
    { "m3", "cubicMetre", "Volume" },
    { "lx", "lux", "Illuminance" },
    { "lux", "lux", "Illuminance" },
    { "deg", "degreeOfArc", "Angle" },
    { "rad", "radian", "Angle" },
    { "dB", "decibel", "SoundPressure" },
    { "ohm", "ohm", "Resistance" },
};

enum { UNITS = sizeof(units) / sizeof(units[0]) };

static const px_unit_word *find_unit(px_str word)
{
    for (size_t i = 0; i < UNITS; i++)
        if (px_str_eq(px_str_c(units[i].word), word))
            return &units[i];
    return NULL;
}

static bool holds(px_str name, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= name.len; i++)
        if (strncasecmp(name.ptr + i, word, len) == 0)
            return true;
    return false;
}

/* One letter could stand for anything: without brackets it counts behind the quantity's name. */
static const px_unit_word *find_letter(px_str rest, char letter)
{
    static const struct {
        char letter;
        const char *quantity, *word;
    } rows[] = { { 'C', "temp", "°C" },    { 'F', "temp", "°F" },  { 'K', "temp", "K" },
                 { 'W', "power", "W" },    { 'V', "volt", "V" },   { 'A', "current", "A" },
                 { 'N', "force", "N" },    { 'J', "energy", "J" }, { 'm', "length", "m" },
                 { 'm', "distance", "m" }, { 'm', "height", "m" }, { 'm', "depth", "m" },
                 { 's', "duration", "s" }, { 'g', "weight", "g" }, { 'g', "mass", "g" },
                 { 'L', "volume", "L" } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].letter == letter && holds(rest, rows[i].quantity))
            return find_unit(px_str_c(rows[i].word));
    return NULL;
}

static const px_unit_word *in_brackets(px_str name, px_str *ret_rest)
{
    char close = name.len ? name.ptr[name.len - 1] : '\0';
    char open = close == ']' ? '[' : close == ')' ? '(' : '\0';
    size_t at = name.len;
    const px_unit_word *unit;

    if (!open)
        return NULL;
    while (at > 0 && name.ptr[at - 1] != open)
        at--;
    if (at < 2)
        return NULL;
    unit = find_unit(px_str_trim(px_str_of(name.ptr + at, name.len - at - 1)));
    if (unit)
        *ret_rest = px_str_trim(px_str_of(name.ptr, at - 1));
    return unit;
}

const px_unit_word *px_unit_of_name(px_str name, px_str *ret_rest)
{
    const px_unit_word *unit = in_brackets(name, ret_rest);
    size_t at = name.len;

    if (unit)
        return unit;
    while (at > 0 && name.ptr[at - 1] != '_' && name.ptr[at - 1] != ' ' && name.ptr[at - 1] != '.')
        at--;
    if (at < 2)
        return NULL;
    if (name.len - at > 1)
        unit = find_unit(px_str_skip(name, at));
    else if (name.len > at)
        unit = find_letter(px_str_of(name.ptr, at - 1), name.ptr[at]);
    if (unit)
        *ret_rest = px_str_of(name.ptr, at - 1);
    return unit;
}

static bool holds_one(px_str name, const char *const *words)
{
    for (; *words; words++)
        if (holds(name, *words))
            return true;
    return false;
}

bool px_is_quantity_name(px_str name)
{
    static const char *const words[] = {
        "temp",       "press",    "voltage", "current",      "power",     "energy",   "speed",
        "velocit",    "accel",    "torque",  "force",        "flow",      "humid",    "position",
        "feedback",   "inertia",  "vibrat",  "frequency",    "weight",    "mass",     "length",
        "distance",   "height",   "width",   "depth",        "angle",     "latitude", "longitude",
        "altitude",   "duration", "wear",    "feedrate",     "load",      "ratio",    "percent",
        "efficiency", "density",  "volume",  "conductivity", "occupancy", "rms",      NULL
    };

    return holds_one(name, words);
}

bool px_is_count_name(px_str name)
{
    static const char *const words[] = { "count",   "number", "quantity",  "total",   "attend",
                                         "cycles",  "pieces", "sequence",  "counter", "volume_",
                                         "admissi", "index",  "passenger", NULL };

    return holds_one(name, words);
}

bool px_is_state_name(px_str name)
{
    static const char *const words[] = { "switch", "alarm",  "fault",  "fail",    "flag",
                                         "active", "enable", "anomal", "running", "is_on",
                                         "open",   "closed", NULL };

    return holds_one(name, words);
}

bool px_is_time_name(px_str name)
{
    static const char *const words[] = { "time", "date", "period", "stamp", NULL };

    return holds_one(name, words) || px_str_eq(name, PX_STR("ts")) ||
           px_str_ends(name, PX_STR("/ts")) || px_str_eq(name, PX_STR("t")) ||
           px_str_ends(name, PX_STR("/t"));
}

/* The word stands at the end and begins there: event_time, EventTime, /time. */
static bool ends_with_word(px_str name, const char *word)
{
    size_t len = strlen(word);
    const char *at;

    if (name.len < len)
        return false;
    at = name.ptr + name.len - len;
    if (strncasecmp(at, word, len) != 0)
        return false;
    return name.len == len || !px_is_letter(at[-1]) ||
           (at[0] >= 'A' && at[0] <= 'Z' && at[-1] >= 'a');
}

bool px_is_clock_name(px_str name)
{
    static const char *const words[] = { "time", "timestamp", "datetime", "date",
                                         "ts",   "stamp",     "epoch",    NULL };
    static const char *const spans[] = { "_s", "_ms", "_us", "_ns", NULL };

    for (const char *const *span = spans; *span; span++)
        if (px_str_ends(name, px_str_c(*span)))
            name.len -= strlen(*span);
    for (const char *const *word = words; *word; word++)
        if (ends_with_word(name, *word))
            return true;
    return false;
}
