/* SPDX-License-Identifier: Apache-2.0 */
/*
 * y = ((x + from.offset) * from.factor * to.divisor) / (from.divisor * to.factor) - to.offset: one
 * division, the last but one thing done, so that what ends stays exact.
 */
#include "base/unit_convert.h"

#include "base/num_calc.h"

struct px_unit_factor {
    const char *quantity, *name, *factor, *divisor, *offset;
};

static const px_unit_factor factors[] = {
    { "acceleration", "metrePerSecondSquared", "1", "1", "0" },
    { "acceleration", "centimetrePerSecondSquared", "0.01", "1", "0" },
    { "acceleration", "millimetrePerSecondSquared", "0.001", "1", "0" },
    { "acceleration", "kilometrePerSecondSquared", "1000", "1", "0" },
    { "acceleration", "gForce", "9.80665", "1", "0" },
    { "angle", "degreeOfArc", "1", "1", "0" },
    { "angle", "minuteOfArc", "1", "60", "0" },
    { "angle", "secondOfArc", "1", "3600", "0" },
    { "angle", "turn", "360", "1", "0" },
    { "angle", "radian", "57.29577951308232", "1", "0" },
    { "angular acceleration", "radianPerSecondSquared", "1", "1", "0" },
    { "angular velocity", "degreePerSecond", "1", "1", "0" },
    { "angular velocity", "revolutionPerMinute", "6", "1", "0" },
    { "angular velocity", "revolutionPerSecond", "360", "1", "0" },
    { "angular velocity", "radianPerSecond", "57.29577951308232", "1", "0" },
    { "apparent energy", "voltAmpereHour", "1", "1", "0" },
    { "apparent energy", "millivoltAmpereHour", "0.001", "1", "0" },
    { "apparent energy", "kilovoltAmpereHour", "1000", "1", "0" },
    { "apparent energy", "megavoltAmpereHour", "1e6", "1", "0" },
    { "apparent energy", "gigavoltAmpereHour", "1e9", "1", "0" },
    { "apparent power", "voltAmpere", "1", "1", "0" },
    { "apparent power", "millivoltAmpere", "0.001", "1", "0" },
    { "apparent power", "kilovoltAmpere", "1000", "1", "0" },
    { "apparent power", "megavoltAmpere", "1e6", "1", "0" },
    { "apparent power", "gigavoltAmpere", "1e9", "1", "0" },
    { "area", "squareMetre", "1", "1", "0" },
    { "area", "squareCentimetre", "0.0001", "1", "0" },
    { "area", "squareMillimetre", "1e-6", "1", "0" },
    { "area", "squareKilometre", "1e6", "1", "0" },
    { "area", "hectare", "10000", "1", "0" },
    { "area", "acre", "4046.8564224", "1", "0" },
    { "area", "squareFoot", "0.09290304", "1", "0" },
    { "area", "squareInch", "0.00064516", "1", "0" },
    { "capacitance", "farad", "1", "1", "0" },
    { "capacitance", "millifarad", "0.001", "1", "0" },
    { "capacitance", "microfarad", "1e-6", "1", "0" },
    { "capacitance", "nanofarad", "1e-9", "1", "0" },
    { "capacitance", "picofarad", "1e-12", "1", "0" },
    { "charge", "coulomb", "1", "1", "0" },
    { "charge", "ampereHour", "3600", "1", "0" },
    { "charge", "milliampereHour", "3.6", "1", "0" },
    { "current", "ampere", "1", "1", "0" },
    { "current", "kiloampere", "1000", "1", "0" },
    { "current", "milliampere", "0.001", "1", "0" },
    { "current", "microampere", "1e-6", "1", "0" },
    { "current", "nanoampere", "1e-9", "1", "0" },
    { "current", "picoampere", "1e-12", "1", "0" },
    { "data size", "bit", "1", "1", "0" },
    { "data size", "byte", "8", "1", "0" },
    { "data size", "kibibit", "1024", "1", "0" },
    { "data size", "kibibyte", "8192", "1", "0" },
    { "data size", "mebibit", "1048576", "1", "0" },
    { "data size", "mebibyte", "8388608", "1", "0" },
    { "data size", "gibibit", "1073741824", "1", "0" },
    { "data size", "gibibyte", "8589934592", "1", "0" },
    { "data size", "tebibit", "1099511627776", "1", "0" },
    { "data size", "tebibyte", "8796093022208", "1", "0" },
    { "data size", "exbibit", "1152921504606846976", "1", "0" },
    { "data size", "exbibyte", "9223372036854775808", "1", "0" },
    { "data size", "zebibit", "1180591620717411303424", "1", "0" },
    { "data size", "zebibyte", "9444732965739290427392", "1", "0" },
    { "data size", "yobibit", "1208925819614629174706176", "1", "0" },
    { "data size", "yobibyte", "9671406556917033397649408", "1", "0" },
    { "data rate", "bitPerSecond", "1", "1", "0" },
    { "data rate", "bytePerSecond", "8", "1", "0" },
    { "data rate", "kibibitPerSecond", "1024", "1", "0" },
    { "data rate", "kibibytePerSecond", "8192", "1", "0" },
    { "data rate", "mebibitPerSecond", "1048576", "1", "0" },
    { "data rate", "mebibytePerSecond", "8388608", "1", "0" },
    { "data rate", "gibibitPerSecond", "1073741824", "1", "0" },
    { "data rate", "gibibytePerSecond", "8589934592", "1", "0" },
    { "data rate", "tebibitPerSecond", "1099511627776", "1", "0" },
    { "data rate", "tebibytePerSecond", "8796093022208", "1", "0" },
    { "data rate", "exbibitPerSecond", "1152921504606846976", "1", "0" },
    { "data rate", "exbibytePerSecond", "9223372036854775808", "1", "0" },
    { "data rate", "zebibitPerSecond", "1180591620717411303424", "1", "0" },
    { "data rate", "zebibytePerSecond", "9444732965739290427392", "1", "0" },
    { "data rate", "yobibitPerSecond", "1208925819614629174706176", "1", "0" },
    { "data rate", "yobibytePerSecond", "9671406556917033397649408", "1", "0" },
    { "density", "kilogramPerCubicMetre", "1", "1", "0" },
    { "density", "gramPerCubicMetre", "0.001", "1", "0" },
    { "density", "milligramPerCubicMetre", "1e-6", "1", "0" },
    { "density", "microgramPerCubicMetre", "1e-9", "1", "0" },
    { "dynamic viscosity", "pascalSecond", "1", "1", "0" },
    { "dynamic viscosity", "millipascalSecond", "0.001", "1", "0" },
    { "dynamic viscosity", "poise", "0.1", "1", "0" },
    { "dynamic viscosity", "centipoise", "0.001", "1", "0" },
    { "dynamic viscosity", "millipoise", "0.0001", "1", "0" },
    { "energy", "joule", "1", "1", "0" },
    { "energy", "kilojoule", "1000", "1", "0" },
    { "energy", "megajoule", "1e6", "1", "0" },
    { "energy", "gigajoule", "1e9", "1", "0" },
    { "energy", "wattHour", "3600", "1", "0" },
    { "energy", "milliwattHour", "3.6", "1", "0" },
    { "energy", "kilowattHour", "3600000", "1", "0" },
    { "energy", "megawattHour", "3.6e9", "1", "0" },
    { "energy", "gigawattHour", "3.6e12", "1", "0" },
    { "energy", "terawattHour", "3.6e15", "1", "0" },
    { "energy", "britishThermalUnit", "1055.05585262", "1", "0" },
    { "energy", "kiloBritishThermalUnit", "1055055.85262", "1", "0" },
    { "energy", "electronvolt", "1.602176634e-19", "1", "0" },
    { "energy", "megaelectronvolt", "1.602176634e-13", "1", "0" },
    { "force", "newton", "1", "1", "0" },
    { "force", "pound", "4.4482216152605", "1", "0" },
    { "force", "ounce", "0.27801385095378125", "1", "0" },
    { "force", "ton", "8896.443230521", "1", "0" },
    { "frequency", "hertz", "1", "1", "0" },
    { "frequency", "millihertz", "0.001", "1", "0" },
    { "frequency", "kilohertz", "1000", "1", "0" },
    { "frequency", "megahertz", "1e6", "1", "0" },
    { "frequency", "gigahertz", "1e9", "1", "0" },
    { "gas leakage rate", "pascalCubicMetrePerSecond", "1", "1", "0" },
    { "gas leakage rate", "decapascalCubicMetrePerSecond", "10", "1", "0" },
    { "gas leakage rate", "hectopascalCubicMetrePerSecond", "100", "1", "0" },
    { "gas leakage rate", "kilopascalCubicMetrePerSecond", "1000", "1", "0" },
    { "illuminance", "lux", "1", "1", "0" },
    { "illuminance", "footcandle", "1", "0.09290304", "0" },
    { "inductance", "henry", "1", "1", "0" },
    { "inductance", "millihenry", "0.001", "1", "0" },
    { "inductance", "microhenry", "1e-6", "1", "0" },
    { "absorbed dose", "gray", "1", "1", "0" },
    { "absorbed dose", "milligray", "0.001", "1", "0" },
    { "absorbed dose", "microgray", "1e-6", "1", "0" },
    { "equivalent dose", "sievert", "1", "1", "0" },
    { "equivalent dose", "millisievert", "0.001", "1", "0" },
    { "equivalent dose", "microsievert", "1e-6", "1", "0" },
    { "irradiance", "wattPerSquareMetre", "1", "1", "0" },
    { "kinematic viscosity", "squareMetrePerSecond", "1", "1", "0" },
    { "kinematic viscosity", "stokes", "0.0001", "1", "0" },
    { "kinematic viscosity", "centistokes", "1e-6", "1", "0" },
    { "length", "metre", "1", "1", "0" },
    { "length", "centimetre", "0.01", "1", "0" },
    { "length", "millimetre", "0.001", "1", "0" },
    { "length", "micrometre", "1e-6", "1", "0" },
    { "length", "nanometre", "1e-9", "1", "0" },
    { "length", "kilometre", "1000", "1", "0" },
    { "length", "inch", "0.0254", "1", "0" },
    { "length", "foot", "0.3048", "1", "0" },
    { "length", "mile", "1609.344", "1", "0" },
    { "length", "nauticalMile", "1852", "1", "0" },
    { "length", "astronomicalUnit", "149597870700", "1", "0" },
    { "luminance", "candelaPerSquareMetre", "1", "1", "0" },
    { "luminous flux", "lumen", "1", "1", "0" },
    { "luminous intensity", "candela", "1", "1", "0" },
    { "magnetic flux", "weber", "1", "1", "0" },
    { "magnetic flux", "maxwell", "1e-8", "1", "0" },
    { "magnetic induction", "tesla", "1", "1", "0" },
    { "magnetic induction", "gauss", "0.0001", "1", "0" },
    { "mass flow rate", "kilogramPerSecond", "1", "1", "0" },
    { "mass flow rate", "gramPerSecond", "0.001", "1", "0" },
    { "mass flow rate", "kilogramPerHour", "1", "3600", "0" },
    { "mass flow rate", "gramPerHour", "0.001", "3600", "0" },
    { "mass flow rate", "massPoundPerHour", "0.45359237", "3600", "0" },
    { "mass", "kilogram", "1", "1", "0" },
    { "mass", "gram", "0.001", "1", "0" },
    { "mass", "milligram", "1e-6", "1", "0" },
    { "mass", "microgram", "1e-9", "1", "0" },
    { "mass", "tonne", "1000", "1", "0" },
    { "mass", "massPound", "0.45359237", "1", "0" },
    { "mass", "slug", "14.593902937206364", "1", "0" },
    { "power", "watt", "1", "1", "0" },
    { "power", "microwatt", "1e-6", "1", "0" },
    { "power", "milliwatt", "0.001", "1", "0" },
    { "power", "kilowatt", "1000", "1", "0" },
    { "power", "megawatt", "1e6", "1", "0" },
    { "power", "gigawatt", "1e9", "1", "0" },
    { "power", "horsepower", "745.69987158227022", "1", "0" },
    { "power", "kilowattHourPerYear", "1000", "8766", "0" },
    { "power", "joulePerSecond", "1", "1", "0" },
    { "power", "kilojoulePerSecond", "1000", "1", "0" },
    { "power", "joulePerHour", "1", "3600", "0" },
    { "power", "kilojoulePerHour", "1000", "3600", "0" },
    { "power", "megajoulePerHour", "1e6", "3600", "0" },
    { "power", "gigajoulePerHour", "1e9", "3600", "0" },
    { "power", "britishThermalUnitPerHour", "1055.05585262", "3600", "0" },
    { "power", "kiloBritishThermalUnitPerHour", "1055055.85262", "3600", "0" },
    { "power", "tonOfRefrigeration", "12660670.23144", "3600", "0" },
    { "pressure", "pascal", "1", "1", "0" },
    { "pressure", "decapascal", "10", "1", "0" },
    { "pressure", "hectopascal", "100", "1", "0" },
    { "pressure", "kilopascal", "1000", "1", "0" },
    { "pressure", "millibar", "100", "1", "0" },
    { "pressure", "bar", "100000", "1", "0" },
    { "pressure", "poundPerSquareInch", "6894.757293168361", "1", "0" },
    { "pressure", "inchesOfMercury", "3386.389", "1", "0" },
    { "pressure", "inchesOfWater", "249.08891", "1", "0" },
    { "pressure", "millimetresOfMercury", "133.322387415", "1", "0" },
    { "radioactivity", "becquerel", "1", "1", "0" },
    { "radioactivity", "kilobecquerel", "1000", "1", "0" },
    { "radioactivity", "megabecquerel", "1e6", "1", "0" },
    { "radioactivity", "gigabecquerel", "1e9", "1", "0" },
    { "reactive energy", "voltAmpereReactiveHour", "1", "1", "0" },
    { "reactive energy", "kilovoltAmpereReactiveHour", "1000", "1", "0" },
    { "reactive energy", "megavoltAmpereReactiveHour", "1e6", "1", "0" },
    { "reactive energy", "gigavoltAmpereReactiveHour", "1e9", "1", "0" },
    { "reactive power", "voltAmpereReactive", "1", "1", "0" },
    { "reactive power", "millivoltAmpereReactive", "0.001", "1", "0" },
    { "reactive power", "kilovoltAmpereReactive", "1000", "1", "0" },
    { "reactive power", "megavoltAmpereReactive", "1e6", "1", "0" },
    { "reactive power", "gigavoltAmpereReactive", "1e9", "1", "0" },
    { "reciprocal length", "reciprocalMetre", "1", "1", "0" },
    { "reciprocal length", "reciprocalCentimetre", "100", "1", "0" },
    { "reciprocal length", "reciprocalMillimetre", "1000", "1", "0" },
    { "reciprocal length", "reciprocalMicrometre", "1e6", "1", "0" },
    { "reciprocal length", "reciprocalNanometre", "1e9", "1", "0" },
    { "reciprocal length", "reciprocalKilometre", "0.001", "1", "0" },
    { "reciprocal time", "reciprocalSecond", "1", "1", "0" },
    { "reciprocal time", "reciprocalMinute", "1", "60", "0" },
    { "resistance", "ohm", "1", "1", "0" },
    { "resistance", "milliohm", "0.001", "1", "0" },
    { "resistance", "kiloohm", "1000", "1", "0" },
    { "resistance", "megaohm", "1e6", "1", "0" },
    { "sound pressure", "decibel", "1", "1", "0" },
    { "sound pressure", "bel", "10", "1", "0" },
    { "temperature", "kelvin", "1", "1", "0" },
    { "temperature", "degreeCelsius", "1", "1", "273.15" },
    { "temperature", "degreeFahrenheit", "5", "9", "459.67" },
    { "time", "second", "1", "1", "0" },
    { "time", "nanosecond", "1e-9", "1", "0" },
    { "time", "microsecond", "1e-6", "1", "0" },
    { "time", "millisecond", "0.001", "1", "0" },
    { "time", "minute", "60", "1", "0" },
    { "time", "hour", "3600", "1", "0" },
    { "time", "day", "86400", "1", "0" },
    { "time", "year", "31557600", "1", "0" },
    { "torque", "newtonMetre", "1", "1", "0" },
    { "ratio", "unity", "1", "1", "0" },
    { "ratio", "percent", "0.01", "1", "0" },
    { "ratio", "partsPerMillion", "1e-6", "1", "0" },
    { "ratio", "partsPerBillion", "1e-9", "1", "0" },
    { "ratio", "partsPerTrillion", "1e-12", "1", "0" },
    { "ratio", "partsPerQuadrillion", "1e-15", "1", "0" },
    { "velocity", "metrePerSecond", "1", "1", "0" },
    { "velocity", "centimetrePerSecond", "0.01", "1", "0" },
    { "velocity", "millimetrePerSecond", "0.001", "1", "0" },
    { "velocity", "kilometrePerSecond", "1000", "1", "0" },
    { "velocity", "kilometrePerHour", "1", "3.6", "0" },
    { "velocity", "metrePerHour", "1", "3600", "0" },
    { "velocity", "knot", "1852", "3600", "0" },
    { "velocity", "milePerHour", "0.44704", "1", "0" },
    { "velocity", "milePerSecond", "1609.344", "1", "0" },
    { "voltage", "volt", "1", "1", "0" },
    { "voltage", "microvolt", "1e-6", "1", "0" },
    { "voltage", "millivolt", "0.001", "1", "0" },
    { "voltage", "kilovolt", "1000", "1", "0" },
    { "voltage", "megavolt", "1e6", "1", "0" },
    { "volume flow rate", "cubicMetrePerSecond", "1", "1", "0" },
    { "volume flow rate", "cubicMetrePerMinute", "1", "60", "0" },
    { "volume flow rate", "cubicMetrePerHour", "1", "3600", "0" },
    { "volume flow rate", "litrePerSecond", "0.001", "1", "0" },
    { "volume flow rate", "litrePerMinute", "0.001", "60", "0" },
    { "volume flow rate", "litrePerHour", "0.001", "3600", "0" },
    { "volume flow rate", "millilitrePerSecond", "1e-6", "1", "0" },
    { "volume flow rate", "millilitrePerMinute", "1e-6", "60", "0" },
    { "volume flow rate", "millilitrePerHour", "1e-6", "3600", "0" },
    { "volume flow rate", "cubicCentimetrePerSecond", "1e-6", "1", "0" },
    { "volume flow rate", "cubicCentimetrePerMinute", "1e-6", "60", "0" },
    { "volume flow rate", "cubicFootPerMinute", "0.028316846592", "60", "0" },
    { "volume flow rate", "gallonPerMinute", "0.003785411784", "60", "0" },
    { "volume flow rate", "gallonPerHour", "0.003785411784", "3600", "0" },
    { "volume", "cubicMetre", "1", "1", "0" },
    { "volume", "cubicCentimetre", "1e-6", "1", "0" },
    { "volume", "cubicFoot", "0.028316846592", "1", "0" },
    { "volume", "cubicInch", "0.000016387064", "1", "0" },
    { "volume", "litre", "0.001", "1", "0" },
    { "volume", "millilitre", "1e-6", "1", "0" },
    { "volume", "gallon", "0.003785411784", "1", "0" },
    { "volume", "fluidOunce", "0.0000295735295625", "1", "0" },
};

enum { FACTORS = sizeof(factors) / sizeof(factors[0]) };

const px_unit_factor *px_unit_factor_at(size_t index)
{
    return index < FACTORS ? &factors[index] : NULL;
}

const px_unit_factor *px_unit_factor_find(px_str unit)
{
    for (size_t i = 0; i < FACTORS; i++)
        if (unit.len && factors[i].name[0] == unit.ptr[0] &&
            px_str_eq(px_str_c(factors[i].name), unit))
            return &factors[i];
    return NULL;
}

px_str px_unit_factor_name(const px_unit_factor *factor)
{
    return px_str_c(factor->name);
}

px_str px_unit_factor_quantity(const px_unit_factor *factor)
{
    return px_str_c(factor->quantity);
}

static px_num number(const char *text)
{
    px_num num;

    px_assert(px_num_parse(px_str_c(text), &num, NULL) == PX_OK);
    return num;
}

static bool apply(px_num_op op, px_num *num, const char *by)
{
    return px_num_calc(op, *num, number(by), num);
}

/* The factors' digits are not the value's: 373.15 - 273.15 is 100. */
static px_num without_zeros(px_num num)
{
    for (; !num.is_double && num.exponent < 0 && num.mantissa % 10 == 0; num.exponent++)
        num.mantissa /= 10;
    return num;
}

bool px_unit_convert(const px_unit_factor *from, const px_unit_factor *to, px_num num,
                     px_num *ret_num)
{
    px_num divisor = number(from->divisor);

    if (from == to) {
        *ret_num = num;
        return true;
    }
    if (strcmp(from->quantity, to->quantity) != 0 || !apply(PX_NUM_ADD, &num, from->offset) ||
        !apply(PX_NUM_MUL, &num, from->factor) || !apply(PX_NUM_MUL, &num, to->divisor) ||
        !apply(PX_NUM_MUL, &divisor, to->factor) || !px_num_calc(PX_NUM_DIV, num, divisor, &num))
        return false;
    if (!apply(PX_NUM_SUB, &num, to->offset))
        return false;
    *ret_num = without_zeros(num);
    return true;
}
