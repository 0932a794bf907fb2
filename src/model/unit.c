/* SPDX-License-Identifier: Apache-2.0 */
/* One row per unit type. Each list has up to three parts: since DTDL v2, since QuantitativeTypes 1
 * (2 is the same), since QuantitativeTypes 3; terms stand apart by one blank. */
#include "model/unit.h"

enum { SINCE_V2, SINCE_1, SINCE_3, SINCE_COUNT, NEAREST_MAX = 64 };

typedef struct unit_type {
    const char *name;
    const char *semantic_types[SINCE_COUNT];
    const char *units[SINCE_COUNT];
} unit_type;

static const unit_type unit_types[] = {
    { "AccelerationUnit",
      { "Acceleration" },
      { "centimetrePerSecondSquared gForce metrePerSecondSquared", "",
        "kilometrePerSecondSquared millimetrePerSecondSquared" } },
    { "AngleUnit",
      { "Angle Latitude Longitude" },
      { "degreeOfArc minuteOfArc radian secondOfArc turn" } },
    { "AngularAccelerationUnit", { "AngularAcceleration" }, { "radianPerSecondSquared" } },
    { "AngularVelocityUnit",
      { "AngularVelocity" },
      { "degreePerSecond radianPerSecond revolutionPerMinute revolutionPerSecond" } },
    { "ApparentEnergyUnit",
      { "", "ApparentEnergy" },
      { "", "gigavoltAmpereHour kilovoltAmpereHour megavoltAmpereHour voltAmpereHour",
        "millivoltAmpereHour" } },
    { "ApparentPowerUnit",
      { "", "ApparentPower" },
      { "", "gigavoltAmpere kilovoltAmpere megavoltAmpere millivoltAmpere voltAmpere" } },
    { "AreaUnit",
      { "Area" },
      { "acre hectare squareCentimetre squareFoot squareInch squareKilometre "
        "squareMetre squareMillimetre" } },
    { "CapacitanceUnit", { "Capacitance" }, { "farad microfarad millifarad nanofarad picofarad" } },
    { "ChargeUnit", { "ElectricCharge" }, { "coulomb", "ampereHour milliampereHour" } },
    { "CurrentUnit",
      { "Current" },
      { "ampere microampere milliampere", "kiloampere", "nanoampere picoampere" } },
    { "DataRateUnit",
      { "DataRate" },
      { "bitPerSecond bytePerSecond exbibitPerSecond exbibytePerSecond "
        "gibibitPerSecond gibibytePerSecond kibibitPerSecond kibibytePerSecond "
        "mebibitPerSecond mebibytePerSecond tebibitPerSecond tebibytePerSecond "
        "yobibitPerSecond yobibytePerSecond zebibitPerSecond zebibytePerSecond" } },
    { "DataSizeUnit",
      { "DataSize" },
      { "bit byte exbibit exbibyte gibibit gibibyte kibibit kibibyte mebibit "
        "mebibyte tebibit tebibyte yobibit yobibyte zebibit zebibyte" } },
    { "DensityUnit",
      { "Density Humidity" },
      { "gramPerCubicMetre kilogramPerCubicMetre",
        "microgramPerCubicMetre milligramPerCubicMetre" } },
    { "DynamicViscosityUnit",
      { "", "", "DynamicViscosity" },
      { "", "", "centipoise millipascalSecond millipoise pascalSecond poise" } },
    { "EnergyUnit",
      { "Energy" },
      { "electronvolt gigajoule joule kilojoule kilowattHour megaelectronvolt "
        "megajoule",
        "britishThermalUnit gigawattHour kiloBritishThermalUnit megawattHour "
        "milliwattHour terawattHour wattHour" } },
    { "ForceUnit", { "Force Thrust" }, { "newton ounce pound ton" } },
    { "FrequencyUnit", { "Frequency" }, { "gigahertz hertz kilohertz megahertz", "millihertz" } },
    { "GasLeakageRateUnit",
      { "", "", "GasLeakageRate" },
      { "", "",
        "decapascalCubicMetrePerSecond hectopascalCubicMetrePerSecond "
        "kilopascalCubicMetrePerSecond pascalCubicMetrePerSecond" } },
    { "IlluminanceUnit", { "Illuminance" }, { "footcandle lux" } },
    { "InductanceUnit", { "Inductance" }, { "henry microhenry millihenry" } },
    { "IonizingRadiationDoseUnit",
      { "", "IonizingRadiationDose" },
      { "", "gray microgray microsievert milligray millisievert sievert" } },
    { "IrradianceUnit", { "", "Irradiance" }, { "", "wattPerSquareMetre" } },
    { "KinematicViscosityUnit",
      { "", "", "KinematicViscosity" },
      { "", "", "centistokes squareMetrePerSecond stokes" } },
    { "LengthUnit",
      { "Distance Length" },
      { "astronomicalUnit centimetre foot inch kilometre metre micrometre mile "
        "millimetre nanometre nauticalMile" } },
    { "LuminanceUnit", { "Luminance" }, { "candelaPerSquareMetre" } },
    { "LuminousFluxUnit", { "LuminousFlux" }, { "lumen" } },
    { "LuminousIntensityUnit", { "LuminousIntensity" }, { "candela" } },
    { "MagneticFluxUnit", { "MagneticFlux" }, { "maxwell weber" } },
    { "MagneticInductionUnit", { "MagneticInduction" }, { "tesla", "gauss" } },
    { "MassFlowRateUnit",
      { "MassFlowRate" },
      { "gramPerHour gramPerSecond kilogramPerHour kilogramPerSecond", "massPoundPerHour" } },
    { "MassUnit", { "Mass" }, { "gram kilogram microgram milligram slug tonne", "massPound" } },
    { "PowerUnit",
      { "Luminosity Power", "EnergyRate" },
      { "gigawatt horsepower kilowatt kilowattHourPerYear megawatt microwatt "
        "milliwatt watt",
        "britishThermalUnitPerHour gigajoulePerHour joulePerHour joulePerSecond "
        "kiloBritishThermalUnitPerHour kilojoulePerHour kilojoulePerSecond "
        "megajoulePerHour tonOfRefrigeration" } },
    { "PressureUnit",
      { "Pressure" },
      { "bar inchesOfMercury inchesOfWater kilopascal millibar "
        "millimetresOfMercury pascal poundPerSquareInch",
        "decapascal hectopascal" } },
    { "RadioactivityUnit",
      { "", "Radioactivity" },
      { "", "becquerel gigabecquerel kilobecquerel megabecquerel" } },
    { "ReactiveEnergyUnit",
      { "", "ReactiveEnergy" },
      { "", "gigavoltAmpereReactiveHour kilovoltAmpereReactiveHour "
            "megavoltAmpereReactiveHour voltAmpereReactiveHour" } },
    { "ReactivePowerUnit",
      { "", "ReactivePower" },
      { "", "gigavoltAmpereReactive kilovoltAmpereReactive megavoltAmpereReactive "
            "millivoltAmpereReactive voltAmpereReactive" } },
    { "ReciprocalLengthUnit",
      { "", "", "ReciprocalLength" },
      { "", "",
        "reciprocalCentimetre reciprocalKilometre reciprocalMetre "
        "reciprocalMicrometre reciprocalMillimetre reciprocalNanometre" } },
    { "ReciprocalTimeUnit",
      { "", "", "ReciprocalTime" },
      { "", "", "reciprocalMinute reciprocalSecond" } },
    { "ResistanceUnit", { "Resistance" }, { "kiloohm megaohm milliohm ohm" } },
    { "SoundPressureUnit", { "SoundPressure" }, { "bel decibel" } },
    { "TemperatureUnit", { "Temperature" }, { "degreeCelsius degreeFahrenheit kelvin" } },
    { "TimeUnit",
      { "TimeSpan" },
      { "day hour microsecond millisecond minute nanosecond second year" } },
    { "TorqueUnit", { "Torque" }, { "newtonMetre" } },
    { "Unitless",
      { "RelativeHumidity", "Concentration RelativeDensity",
        "Efficiency RelativeMeasure Scale Throttle" },
      { "percent unity", "partsPerBillion partsPerMillion partsPerQuadrillion partsPerTrillion" } },
    { "VelocityUnit",
      { "Velocity" },
      { "centimetrePerSecond kilometrePerHour kilometrePerSecond knot "
        "metrePerHour metrePerSecond milePerHour milePerSecond",
        "", "millimetrePerSecond" } },
    { "VoltageUnit", { "Voltage" }, { "kilovolt megavolt microvolt millivolt volt" } },
    { "VolumeFlowRateUnit",
      { "VolumeFlowRate" },
      { "litrePerHour litrePerSecond millilitrePerHour millilitrePerSecond",
        "cubicFootPerMinute cubicMetrePerHour cubicMetrePerMinute "
        "cubicMetrePerSecond gallonPerHour gallonPerMinute litrePerMinute "
        "millilitrePerMinute",
        "cubicCentimetrePerMinute cubicCentimetrePerSecond" } },
    { "VolumeUnit",
      { "Volume" },
      { "cubicCentimetre cubicFoot cubicInch cubicMetre fluidOunce gallon litre "
        "millilitre" } },
};

static int parts_of(px_unit_context context)
{
    return context == PX_UNITS_V2 ? 1 : context < PX_UNITS_QUANTITATIVE_3 ? 2 : 3;
}

/* True when `word` is one of the words of a list; the slice in static memory is given. */
static bool find_in(const char *const lists[SINCE_COUNT], px_unit_context context, px_str word,
                    px_str *ret_word)
{
    for (int part = 0; part < parts_of(context); part++) {
        px_str rest = px_str_c(lists[part]);

        while (rest.len > 0) {
            px_str one = px_str_cut(&rest, ' ');

            if (px_str_eq(one, word)) {
                *ret_word = one;
                return true;
            }
        }
    }
    return false;
}

static const unit_type *type_of_semantic(px_unit_context context, px_str word, px_str *ret_word)
{
    for (size_t i = 0; i < sizeof(unit_types) / sizeof(unit_types[0]); i++)
        if (find_in(unit_types[i].semantic_types, context, word, ret_word))
            return &unit_types[i];
    return NULL;
}

px_str px_semantic_unit_type(px_unit_context context, px_str semantic_type)
{
    px_str word;
    const unit_type *type = type_of_semantic(context, semantic_type, &word);

    return type ? px_str_c(type->name) : PX_STR("");
}

px_str px_semantic_term(px_unit_context context, px_str word)
{
    px_str term = PX_STR("");

    return type_of_semantic(context, word, &term) ? term : PX_STR("");
}

static const unit_type *type_named(px_str name)
{
    for (size_t i = 0; i < sizeof(unit_types) / sizeof(unit_types[0]); i++)
        if (px_str_eq(px_str_c(unit_types[i].name), name))
            return &unit_types[i];
    return NULL;
}

px_str px_unit_term(px_unit_context context, px_str unit_type_name, px_str word)
{
    const unit_type *type = type_named(unit_type_name);
    px_str term = PX_STR("");

    return type && find_in(type->units, context, word, &term) ? term : PX_STR("");
}

px_str px_unit_type_of(px_unit_context context, px_str unit)
{
    px_str word;

    for (size_t i = 0; i < sizeof(unit_types) / sizeof(unit_types[0]); i++)
        if (find_in(unit_types[i].units, context, unit, &word))
            return px_str_c(unit_types[i].name);
    return PX_STR("");
}

bool px_is_unit_type(px_unit_context context, px_str name)
{
    const unit_type *type = type_named(name);

    for (int part = 0; type && part < parts_of(context); part++)
        if (type->units[part] && type->units[part][0])
            return true;
    return false;
}

static size_t words_of(const char *const lists[SINCE_COUNT], px_unit_context context, px_str *words,
                       size_t cap, size_t count)
{
    for (int part = 0; part < parts_of(context); part++) {
        px_str rest = px_str_c(lists[part]);

        while (rest.len > 0 && count < cap)
            words[count++] = px_str_cut(&rest, ' ');
    }
    return count;
}

size_t px_unit_list(px_unit_context context, px_str unit_type_name, px_str *words, size_t cap)
{
    const unit_type *type = type_named(unit_type_name);

    return type ? words_of(type->units, context, words, cap, 0) : 0;
}

px_str px_semantic_nearest(px_unit_context context, px_str word)
{
    px_str words[NEAREST_MAX];
    size_t count = 0;

    for (size_t i = 0; i < sizeof(unit_types) / sizeof(unit_types[0]); i++)
        count = words_of(unit_types[i].semantic_types, context, words, NEAREST_MAX, count);
    return px_str_nearest(word, words, count);
}

px_str px_unit_nearest(px_unit_context context, px_str unit_type_name, px_str word)
{
    const unit_type *type = type_named(unit_type_name);
    px_str words[NEAREST_MAX];

    return type ? px_str_nearest(word, words, words_of(type->units, context, words, NEAREST_MAX, 0))
                : PX_STR("");
}
